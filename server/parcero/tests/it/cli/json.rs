//! With `--json`, every command prints messages of the contract, one a line, as proto3 JSON.

use contract::parcero::v1::Relation;
use prost_reflect::{DescriptorPool, DynamicMessage};

use crate::support::{Ended, TestPeer, data_dir, network::is_there, parcero, run};

/// Checks that a command ended well and printed `count` messages of this kind: which they are.
#[track_caller]
fn check(ended: &Ended, kind: &str, count: usize) -> Vec<serde_json::Value> {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), count, "{}", ended.stdout);
    lines.into_iter().map(|line| message(line, kind)).collect()
}

/// Reads a line as a message of this kind and nothing else: every field of it is there, and no other.
#[track_caller]
fn message(line: &str, kind: &str) -> serde_json::Value {
    let contract = DescriptorPool::decode(contract::FILE_DESCRIPTOR_SET).unwrap();
    let descriptor = contract.get_message_by_name(kind).unwrap();
    let mut json = serde_json::Deserializer::from_str(line);
    let read = DynamicMessage::deserialize(descriptor.clone(), &mut json);
    read.unwrap_or_else(|error| panic!("{error}: {line}"));
    json.end().unwrap();
    let object: serde_json::Value = serde_json::from_str(line).unwrap();
    for field in descriptor.fields().filter(|field| !field.supports_presence()) {
        assert!(
            !object[field.json_name()].is_null(),
            "no {} in {line}",
            field.json_name()
        );
    }
    object
}

#[tokio::test]
async fn every_command_prints_messages_of_the_contract() {
    let peer = TestPeer::start(&["--name", "casa"]);
    let neighbour = peer.neighbour().await;
    let id = neighbour.key().await;
    peer.sees(&id, is_there).await;
    let json = |arguments: &[&str]| peer.run(&[arguments, &["--json"]].concat());

    check(&json(&[]), "parcero.v1.Started", 1);
    check(&json(&["about"]), "parcero.v1.AboutReply", 1);
    check(&json(&["hello", "unary"]), "greet.HelloReply", 1);
    check(&json(&["hello", "unary", "--peer", &id]), "greet.HelloReply", 1);
    check(
        &json(&["hello", "server", "--interval", "0"]),
        "greet.HelloReply",
        5,
    );
    check(
        &json(&["hello", "client", "--name", "Ana"]),
        "greet.DelayedReply",
        1,
    );
    check(&json(&["hello", "bidi", "--name", "Ana"]), "greet.HelloReply", 1);

    let peers = check(&json(&["peers"]), "parcero.v1.PeerInfo", 1);
    assert_eq!(peers[0]["id"], id.as_str());
    let mut watch = peer.begin(&["peers", "--watch", "--json"]);
    let list = message(&watch.stdout.next().unwrap(), "parcero.v1.PeerList");
    assert_eq!(list["peers"][0]["id"], id.as_str());
    watch.stop();
    check(&json(&["ping", &id]), "parcero.v1.PingReply", 1);
    let steps = json(&["doctor", &id]);
    check(&steps, "parcero.v1.DiagnoseStep", steps.stdout.lines().count());

    let own = check(&json(&["ticket", "--plain"]), "parcero.v1.SelfReply", 1);
    assert_eq!(own[0]["name"], "casa");
    let made = check(&json(&["ticket", "--qr"]), "parcero.v1.Invitation", 1);
    check(&json(&["ticket", "--list"]), "parcero.v1.Invitation", 1);
    let invitation = made[0]["id"].as_str().unwrap();
    check(
        &json(&["ticket", "--revoke", invitation]),
        "parcero.v1.RevokeInvitationReply",
        1,
    );
    check(&json(&["ticket", "--list"]), "parcero.v1.Invitation", 0);

    let info = "parcero.v1.PeerInfo";
    check(&json(&["friend", "name", &id, "Ana"]), info, 1);
    check(&json(&["friend", "requests"]), info, 0);
    let mine = peer.key().await;
    check(&neighbour.run(&["friend", "ask", &mine, "--json"]), info, 1);
    peer.sees(&id, |peer| peer.asks).await;
    check(&json(&["friend", "requests"]), info, 1);
    check(&json(&["friend", "accept", "Ana"]), info, 1);
    neighbour
        .sees(&mine, |peer| peer.relation() == Relation::Friend)
        .await;
    check(&json(&["friend", "remove", "Ana"]), info, 1);
    neighbour
        .sees(&mine, |peer| peer.relation() == Relation::Stranger)
        .await;
    check(&json(&["friend", "ask", "Ana"]), info, 1);
    neighbour.sees(&mine, |peer| peer.asks).await;
    check(&neighbour.run(&["friend", "decline", &mine, "--json"]), info, 1);
    let ticket = check(&neighbour.run(&["ticket", "--json"]), "parcero.v1.Invitation", 1);
    check(
        &json(&["friend", "add", ticket[0]["ticket"].as_str().unwrap()]),
        info,
        1,
    );
    check(&json(&["friend", "block", "Ana"]), info, 1);
    check(&json(&["friend", "unblock", "Ana"]), info, 1);
    check(
        &json(&["friend", "forget", "Ana"]),
        "parcero.v1.ForgetPeerReply",
        1,
    );
}

#[test]
fn commands_that_need_no_peer_print_messages_as_well() {
    let folder = data_dir();
    let mut show = parcero();
    show.args(["config", "show", "--json", "--data-dir"])
        .arg(folder.path());
    check(&run(&mut show, ""), "parcero.v1.Setting", 12);

    let ended = run(parcero().args(["completions", "bash", "--json"]), "");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("no JSON of this"), "{}", ended.stderr);
}
