//! What the peer tells about its services: reflection and health.

use prost::Message;
use prost_reflect::{
    DescriptorPool,
    prost_types::{FileDescriptorProto, FileDescriptorSet},
};
use tonic::Code;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::support::{TestPeer, figures::soon};

const SERVICES: [&str; 6] = [
    "greet.Greeter",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "parcero.v1.Network",
    "parcero.v1.Peers",
];

/// What `parcero.v1.Network` is made of.
const FILES_OF_NETWORK: [&str; 3] = [
    "google/protobuf/duration.proto",
    "google/protobuf/timestamp.proto",
    "parcero/v1/network.proto",
];

/// The two versions have the same messages, in different modules.
macro_rules! reflection {
    ($version:ident, $test:ident, $whole:ident) => {
        #[tokio::test]
        async fn $test() {
            use tonic_reflection::pb::$version::{
                ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
                server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
            };

            let peer = TestPeer::start(&[]);
            let mut client = ServerReflectionClient::new(peer.channel().await);
            let questions = [
                MessageRequest::ListServices(String::new()),
                MessageRequest::FileContainingSymbol("greet.Greeter".into()),
                MessageRequest::FileByFilename("greet.proto".into()),
                MessageRequest::FileContainingSymbol("greet.Singer".into()),
            ]
            .map(|question| ServerReflectionRequest {
                host: String::new(),
                message_request: Some(question),
            });
            let mut answers = client
                .server_reflection_info(tokio_stream::iter(questions))
                .await
                .unwrap()
                .into_inner();
            let mut next = async || {
                soon(answers.message())
                    .await
                    .unwrap()
                    .unwrap()
                    .message_response
                    .unwrap()
            };

            let MessageResponse::ListServicesResponse(list) = next().await else {
                panic!("no list");
            };
            let mut names: Vec<_> = list
                .service
                .into_iter()
                .map(|service| service.name)
                .collect();
            names.sort();
            assert_eq!(names, SERVICES);

            for _ in 0..2 {
                let MessageResponse::FileDescriptorResponse(files) = next().await else {
                    panic!("no file");
                };
                let file = FileDescriptorProto::decode(files.file_descriptor_proto[0].as_slice()).unwrap();
                assert_eq!(file.name(), "greet.proto");
                let methods: Vec<_> = file.service[0].method.iter().map(|m| m.name()).collect();
                assert_eq!(
                    methods,
                    [
                        "OnlyResponse",
                        "ServerStreaming",
                        "ClientStreaming",
                        "BidirectionalStreaming"
                    ]
                );
            }

            let unknown = soon(answers.message()).await;
            let code = match unknown {
                Err(status) => status.code(),
                Ok(answer) => match answer.unwrap().message_response.unwrap() {
                    MessageResponse::ErrorResponse(error) => Code::from_i32(error.error_code),
                    other => panic!("{other:?}"),
                },
            };
            assert_eq!(code, Code::NotFound);
        }

        /// As grpcurl does, to describe a service.
        #[tokio::test]
        async fn $whole() {
            use tonic_reflection::pb::$version::{
                ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
                server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
            };

            let peer = TestPeer::start(&[]);
            let mut client = ServerReflectionClient::new(peer.channel().await);
            let mut files: Vec<FileDescriptorProto> = Vec::new();
            let mut questions = vec![MessageRequest::FileContainingSymbol(
                "parcero.v1.Network".into(),
            )];
            while let Some(question) = questions.pop() {
                let request = ServerReflectionRequest {
                    host: String::new(),
                    message_request: Some(question.clone()),
                };
                let answers = client
                    .server_reflection_info(tokio_stream::once(request))
                    .await;
                let answer = soon(answers.unwrap().into_inner().message()).await.unwrap();
                let MessageResponse::FileDescriptorResponse(answer) =
                    answer.unwrap().message_response.unwrap()
                else {
                    panic!("no file for {question:?}");
                };
                for file in answer.file_descriptor_proto {
                    let file = FileDescriptorProto::decode(file.as_slice()).unwrap();
                    if files.iter().any(|known| known.name == file.name) {
                        continue;
                    }
                    questions.extend(
                        file.dependency
                            .iter()
                            .cloned()
                            .map(MessageRequest::FileByFilename),
                    );
                    files.push(file);
                }
            }
            let mut names: Vec<_> = files.iter().map(|file| file.name().to_owned()).collect();
            names.sort();
            assert_eq!(names, FILES_OF_NETWORK);

            // With anything missing this fails.
            let pool = DescriptorPool::from_file_descriptor_set(FileDescriptorSet { file: files }).unwrap();
            let service = pool.get_service_by_name("parcero.v1.Network").unwrap();
            let mut known = contract::METHODS
                .iter()
                .filter(|method| method.path.starts_with("/parcero.v1.Network/"));
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                assert_eq!(known.next().map(|method| method.path), Some(&*path));
            }
            assert!(known.next().is_none());
        }
    };
}

reflection!(
    v1,
    reflection_v1_lists_the_services_and_gives_their_descriptors,
    reflection_v1_gives_every_file_that_describes_a_service
);
reflection!(
    v1alpha,
    reflection_v1alpha_lists_the_services_and_gives_their_descriptors,
    reflection_v1alpha_gives_every_file_that_describes_a_service
);

#[tokio::test]
async fn health_says_serving_for_the_peer_and_for_each_of_its_services() {
    let peer = TestPeer::start(&[]);
    let mut health = HealthClient::new(peer.channel().await);
    for service in ["", "greet.Greeter", "parcero.v1.Peers"] {
        let request = HealthCheckRequest {
            service: service.into(),
        };
        let status = health.check(request.clone()).await.unwrap().into_inner().status();
        assert_eq!(status, ServingStatus::Serving, "{service:?}");

        let mut watch = health.watch(request).await.unwrap().into_inner();
        let first = soon(watch.message()).await.unwrap().unwrap();
        assert_eq!(first.status(), ServingStatus::Serving, "{service:?}");
    }
    let unknown = HealthCheckRequest {
        service: "greet.Singer".into(),
    };
    let status = health.check(unknown).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}
