//! Mistakes, and what is said about them.

use std::net::TcpListener;

use contract::parcero::v1::PeerInfo;

use crate::support::{TestPeer, network::about, parcero, run};

#[track_caller]
fn check(arguments: &[&str], sentence: &str) {
    let ended = run(parcero().args(arguments), "");
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(2), ""),
        "{arguments:?}: {}",
        ended.stderr
    );
    assert!(
        ended.stderr.starts_with("error: ") && ended.stderr.contains(sentence),
        "{}",
        ended.stderr
    );
}

#[test]
fn an_address_that_cannot_be_called_is_named_with_the_reason() {
    for (url, why) in [
        ("https://localhost:50051", "a peer speaks plain http"),
        ("localhost:50051", "it has no http:// in front"),
        ("ftp://localhost", "it must begin with http://"),
        (
            "http://localhost:50051/hello",
            "it goes on after the host and the port",
        ),
    ] {
        check(&["about", "--url", url], why);
        check(&["hello", "unary", "--url", url], why);
    }
}

#[test]
fn an_address_where_nobody_answers_is_said_to_be_so() {
    // Bound, so that nobody else gets the port, but not listening.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("http://{host}:{}", address.port());
        check(
            &["hello", "unary", "--url", &url],
            &format!("no peer answers at {url}"),
        );
    }
}

#[test]
fn something_else_than_a_peer_at_the_address_is_a_lost_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let web_server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
        // Until the client has gone, whichever way.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    check(
        &["hello", "unary", "--url", &url],
        "the connection to the peer was lost",
    );
    web_server.join().unwrap();
}

#[tokio::test]
async fn a_refusal_about_another_peer_comes_with_the_command_that_helps() {
    let near = TestPeer::start(&["--name", "oneself"]);
    let far = TestPeer::start(&[]);
    near.knows(&far).await;
    let id = far.key().await;
    let check = |arguments: &[&str], hint: &str| {
        let ended = near.run(arguments);
        assert_eq!(ended.code, Some(1), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(hint), "{arguments:?}: {}", ended.stderr);
    };
    check(
        &["ping", "nobody"],
        "known by `nobody`\nhint: `parcero peers` lists",
    );
    let own = near.key().await;
    for oneself in [&own, &own[..8], &near.shown().await.name] {
        check(
            &["hello", "unary", "--peer", oneself],
            "this peer itself: for a call to it, leave",
        );
        check(&["ping", oneself], "that is this peer itself");
        check(&["doctor", oneself], "that is this peer itself");
    }
    check(&["ping", &id[..3]], "its first 4 characters are needed");
    far.kill();
    near.sees(&id, |far: &PeerInfo| !crate::support::network::is_there(far))
        .await;
    let doctor = format!("hint: `parcero doctor {id}` finds out why");
    check(&["ping", &id], &doctor);
    check(&["hello", "unary", "--peer", &id], &doctor);
    near.network().await.block_peer(about(&id)).await.unwrap();
    let unblock = format!("`parcero friend unblock {id}`");
    check(&["hello", "unary", "--peer", &id], &unblock);
    check(&["friend", "ask", &id], &unblock);
}

#[test]
fn wrong_arguments_end_with_2_and_a_sentence() {
    check(&["dance"], "unrecognized subcommand");
    check(&["hello", "wave"], "unrecognized subcommand");
    check(
        &["serve", "--listen", "50051"],
        "an address and a port are needed, such as 127.0.0.1:50051",
    );
    check(&["hello", "unary", "--count", "0"], "--count");
    check(
        &["hello", "unary", "--deadline", "0"],
        "a number of seconds above 0",
    );
    check(
        &["hello", "unary", "--metadata", "grpc-timeout=1S"],
        "the key grpc-timeout is set by gRPC itself",
    );
    check(&["hello", "bidi", "--count", "2"], "--name");
    check(&["hello", "server", "--count", "100001"], "100000");
    check(&["hello", "server", "--interval", "60001"], "60000");
    check(
        &[
            "hello",
            "server",
            "--url",
            "http://localhost:1",
            "--metadata",
            "secret-bin=!",
        ],
        "not base64",
    );
    check(&["completions", "tcsh"], "tcsh");
}
