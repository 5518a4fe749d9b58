//! A tonic greeter that browsers can call with all four kinds of call, and a page that does.
//!
//! `cargo run -p grpc-websockets-bridge --example greeter`, then open the address it prints.

use std::pin::Pin;

use axum::{Router, response::Html, routing::get};
use bridge::server::BridgeLayer;
use contract::greet::{
    DelayedReply, HelloReply, HelloRequest,
    greeter_server::{Greeter, GreeterServer},
};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming, service::Routes};
use tonic_web::GrpcWebLayer;
use tower::ServiceBuilder;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    // These are the three lines.
    let greeter = ServiceBuilder::new()
        .layer(BridgeLayer::new())
        .layer(GrpcWebLayer::new())
        .service(Routes::new(GreeterServer::new(Polite)));

    let app = Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .fallback_service(greeter);
    // Any free port, on this machine only.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}

struct Polite;

fn greeting(request: &HelloRequest) -> String {
    format!("{} {}", request.greeting, request.name)
}

#[tonic::async_trait]
impl Greeter for Polite {
    async fn only_response(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        let message = greeting(request.get_ref());
        Ok(Response::new(HelloReply { message }))
    }

    type ServerStreamingStream = Pin<Box<dyn Stream<Item = Result<HelloReply, Status>> + Send>>;

    async fn server_streaming(
        &self,
        request: Request<HelloRequest>,
    ) -> Result<Response<Self::ServerStreamingStream>, Status> {
        let greeting = greeting(request.get_ref());
        let replies = tokio_stream::iter(1..=5).map(move |i| {
            let message = format!("{greeting} {i}");
            Ok(HelloReply { message })
        });
        Ok(Response::new(Box::pin(replies)))
    }

    async fn client_streaming(
        &self,
        request: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<DelayedReply>, Status> {
        let request = request.into_inner().collect::<Result<Vec<_>, _>>().await?;
        let message = format!(
            "You have sent {} messages. Please expect a delayed response.",
            request.len()
        );
        Ok(Response::new(DelayedReply { message, request }))
    }

    type BidirectionalStreamingStream = Pin<Box<dyn Stream<Item = Result<HelloReply, Status>> + Send>>;

    async fn bidirectional_streaming(
        &self,
        request: Request<Streaming<HelloRequest>>,
    ) -> Result<Response<Self::BidirectionalStreamingStream>, Status> {
        let replies = request.into_inner().map(|request| {
            let message = greeting(&request?);
            Ok(HelloReply { message })
        });
        Ok(Response::new(Box::pin(replies)))
    }
}
