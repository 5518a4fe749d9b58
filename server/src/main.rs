//! The one binary, `parcero`.

#[tokio::main]
async fn main() {
    let peer = parcero::peer::Peer::new(parcero::peer::Settings {
        name: "medellin".into(),
        max_message_bytes: 4 << 20,
    });
    let listen = std::env::args()
        .skip_while(|a| a != "--listen")
        .nth(1)
        .unwrap_or("127.0.0.1:50051".into());
    let door = parcero::front::Door::bind(
        &[listen.parse().unwrap()],
        vec!["http://localhost:*".parse().unwrap()],
    )
    .await
    .unwrap();
    println!("Parcero is at http://localhost:{}", door.addresses()[0].port());
    door.serve(peer, async { tokio::signal::ctrl_c().await.unwrap() }, |left| {
        eprintln!("{left:?}")
    })
    .await
    .unwrap();
}
