//! The list of the peers, which a person may leave open.

use contract::parcero::v1::{ListPeersRequest, Path, PeerList};

use crate::support::{TestPeer, figures::soon, network::is_there};

#[tokio::test]
async fn a_watched_list_is_shown_again_where_something_happened_and_not_where_figures_differ() {
    let peer = TestPeer::start(&[]);
    let neighbour = peer.neighbour().await;
    let id = neighbour.key().await;
    peer.sees(&id, |peer| {
        is_there(peer) && peer.path() == Path::Lan && peer.name == "neighbour"
    })
    .await;
    let watch = peer.begin(&["peers", "--watch"]);
    let first = watch.stdout.next().unwrap();
    assert!(first.starts_with("neighbour "), "{first}");

    // Programs are told of the figures: twice more, of which the second is long after the list above.
    let mut network = peer.network().await;
    let mut lists = network
        .watch_peers(ListPeersRequest {})
        .await
        .unwrap()
        .into_inner();
    let mut bytes = Vec::new();
    while bytes.len() < 3 {
        let PeerList { peers } = soon(lists.message()).await.unwrap().unwrap();
        bytes.push(peers[0].bytes_in);
        bytes.dedup();
    }

    let mut named = peer.command(&["friend", "name", &id, "Ana"]);
    assert!(named.output().unwrap().status.success());
    assert_eq!(
        watch.stdout.next().unwrap(),
        "",
        "nothing else was shown meanwhile"
    );
    let second = watch.stdout.next().unwrap();
    assert!(second.starts_with("Ana "), "{second}");
}
