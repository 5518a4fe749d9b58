//! Several machines, and the cables between them: what peers do where there is more than loopback, and what never leaves
//! it. Each machine is a network namespace; where none can be made, these tests say so and pass, unless
//! `PARCERO_REQUIRE_ALL` is set.

use std::{
    net::UdpSocket,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::support::{
    forgery::Forger,
    namespace::{Lan, Machine, can_be_made, copied},
    udp_relay::UdpRelay,
    until,
};

/// Peers that start beside each other have met by then. It takes one second on a machine with nothing else to do.
const MEETING: Duration = Duration::from_secs(5);
/// The same over a cable that is new: it has to be noticed first.
const NEW_CABLE: Duration = Duration::from_secs(10);
/// A row in the list is true after this.
const PRESENCE: Duration = Duration::from_secs(15);
/// The same where there was a connection.
const DEATH: Duration = Duration::from_secs(5);
/// How long to listen whether a peer is quiet: most programs that call home have done so twice by then.
const QUIET: Duration = Duration::from_secs(11);

#[test]
fn three_peers_on_a_switch_with_no_way_out_meet_and_call_each_other() {
    if !can_be_made() {
        return;
    }
    let lan = Lan::of(3);
    let [one, two, three] = lan.machines();
    let ana = one.peer("ana", &[]);
    let beto = two.peer("beto", &[]);
    let caro = three.peer("caro", &[]);
    let pairs = [(&ana, &beto), (&beto, &caro), (&caro, &ana)];
    for (from, to) in pairs {
        within("on a switch", from.meets(to), MEETING);
    }
    for (from, to) in pairs {
        from.calls(to);
    }
}

#[test]
fn peers_meet_where_there_is_no_ipv4() {
    if !can_be_made() {
        return;
    }
    let lan = Lan::of_ipv6(2);
    let [one, two] = lan.machines();
    let (ana, beto) = (one.peer("ana", &[]), two.peer("beto", &[]));
    within("by IPv6", ana.meets(&beto), MEETING);
    ana.calls(&beto);
    beto.calls(&ana);
}

#[test]
fn a_second_interface_is_used_as_soon_as_it_is_there() {
    if !can_be_made() {
        return;
    }
    let lan = Lan::of(2);
    let ([one, two], three) = (lan.machines(), Machine::new());
    let (ana, beto, caro) = (
        one.peer("ana", &[]),
        two.peer("beto", &[]),
        three.peer("caro", &[]),
    );
    within("by the first interface", ana.meets(&beto), MEETING);
    one.cable("eth1", &three, "eth0");
    one.ip("address add 10.9.1.1/24 dev eth1");
    three.ip("address add 10.9.1.3/24 dev eth0");
    within(
        "by the second interface",
        ana.watch().until("caro", true),
        NEW_CABLE,
    );
    for other in [&beto, &caro] {
        ana.calls(other);
        other.calls(&ana);
    }
}

#[test]
fn peers_on_a_machine_with_no_network_at_all_meet_and_call_each_other() {
    if !can_be_made() {
        return;
    }
    let machine = Machine::new();
    let (ana, beto) = (machine.peer("ana", &[]), machine.peer("beto", &[]));
    within("on loopback", ana.meets(&beto), MEETING);
    ana.calls(&beto);
    beto.calls(&ana);
}

#[test]
fn rows_change_when_a_cable_is_pulled_and_come_back_by_themselves_when_it_is_back() {
    if !can_be_made() {
        return;
    }
    let lan = Lan::of(2);
    let [one, two] = lan.machines();
    let (ana, beto) = (one.peer("ana", &[]), two.peer("beto", &[]));
    ana.meets(&beto);
    let (seen_by_ana, seen_by_beto) = (ana.watch(), beto.watch());
    seen_by_beto.until("ana", true);
    lan.pull(1);
    let pulled = Instant::now();
    within(
        "the row of a peer that is cut off",
        seen_by_ana.until("beto", false),
        DEATH,
    );
    within(
        "the row of the one that was pulled",
        seen_by_beto.until("ana", false),
        DEATH,
    );
    // Long enough for everything that goes on trying to have become slow at it.
    sleep(Duration::from_secs(30).saturating_sub(pulled.elapsed()));
    lan.plug(1);
    within("back again", seen_by_ana.until("beto", true), PRESENCE);
    within("back again", seen_by_beto.until("ana", true), PRESENCE);
    ana.calls(&beto);
    beto.calls(&ana);
}

#[test]
fn a_peer_that_is_killed_and_started_elsewhere_is_discovered_again() {
    if !can_be_made() {
        return;
    }
    let lan = Lan::of(2);
    let [one, two] = lan.machines();
    let ana = one.peer("ana", &[]);
    let beto = two.peer("beto", &["--peer-listen", "0.0.0.0:4701"]);
    ana.meets(&beto);
    let seen_by_ana = ana.watch();
    seen_by_ana.until("beto", true);
    let folder = beto.peer.kill();
    within("a peer that was killed", seen_by_ana.until("beto", false), DEATH);
    // Where it was it no longer is: only discovery can tell.
    let beto = two.peer_in(folder, "beto", &["--peer-listen", "0.0.0.0:4702"]);
    within("back again", seen_by_ana.until("beto", true), MEETING);
    within("back again", beto.meets(&ana), MEETING);
    ana.calls(&beto);
    beto.calls(&ana);
}

#[test]
fn the_network_goes_on_when_the_primary_friend_is_lost_and_when_it_is_back() {
    if !can_be_made() {
        return;
    }
    let lan = Lan::of(4);
    let [one, two, three, four] = lan.machines();
    let beto = two.peer("beto", &[]);
    let caro = three.peer("caro", &[]);
    let (beto_id, caro_id) = (beto.id(), caro.id());
    let friends = ["--primary", &beto.address(), "--backup", &caro.address()];
    let ana = one.peer("ana", &friends);
    within("the primary friend", ana.relies_on(&beto_id), MEETING);
    ana.calls(&beto);
    let folder = beto.peer.kill();
    within("the backup friend", ana.relies_on(&caro_id), PRESENCE);
    let dora = four.peer("dora", &[]);
    within("without the primary friend", ana.meets(&dora), MEETING);
    for other in [&caro, &dora] {
        ana.meets(other);
        other.meets(&ana);
        ana.calls(other);
        other.calls(&ana);
    }
    let beto = two.peer_in(folder, "beto", &[]);
    within("the primary friend again", ana.relies_on(&beto_id), PRESENCE);
    within("the primary friend again", beto.meets(&dora), MEETING);
    ana.calls(&beto);
    beto.calls(&dora);
}

#[test]
fn where_the_port_of_discovery_is_taken_a_peer_says_so_once_and_is_reached_by_its_ticket() {
    if !can_be_made() {
        return;
    }
    let machine = Machine::new();
    // Both versions of IP, and nobody else may share it.
    let taken = machine
        .inside(|| UdpSocket::bind("[::]:5353").unwrap())
        .join()
        .unwrap();
    let (ana, beto) = (machine.peer("ana", &[]), machine.peer("beto", &[]));
    const SAID: &str = "no peers can be discovered on this interface";
    for peer in [&ana, &beto] {
        let line = peer.peer.says(SAID);
        assert!(line.contains("interface=\"lo\""), "{line}");
    }
    let added = ana.run(&["friend", "add", &beto.address()], "");
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    ana.meets(&beto);
    ana.calls(&beto);
    beto.calls(&ana);
    let (ended, folder) = ana.peer.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains(SAID), "said again: {}", ended.stderr);
    // And it is used again as soon as it is free.
    drop(taken);
    let ana = machine.peer_in(folder, "ana", &[]);
    let caro = machine.peer("caro", &[]);
    within("once it is free", caro.meets(&ana), MEETING);
}

#[test]
fn a_peer_without_discovery_sends_no_multicast_and_hears_none() {
    if !can_be_made() {
        return;
    }
    let (home, gateway) = (Machine::new(), Machine::new());
    home.reaches_the_world_by(&gateway);
    gateway.firewall(COUNT_WHAT_COMES);
    let ana = home.peer("ana", &["--no-discovery"]);
    sleep(QUIET);
    for counter in ["multicast_dns", "port_mapping", "elsewhere"] {
        assert_eq!(gateway.counted(counter), 0, "{counter}");
    }
    // Others announce themselves to it, and discover each other.
    let (beto, caro) = (gateway.peer("beto", &[]), gateway.peer("caro", &[]));
    within("beside one without discovery", beto.meets(&caro), MEETING);
    assert_eq!(ana.run(&["peers", "--json"], "").stdout, "");
    let (ended, _) = ana.peer.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(beto.run(&["peers", "--json"], "").stdout.lines().count(), 1);
}

#[test]
fn peers_meet_and_call_each_other_over_a_line_that_is_slow_and_loses_packets() {
    if !can_be_made() {
        return;
    }
    let delay = Duration::from_millis(40);
    let lan = Lan::of(3);
    let [one, two, between] = lan.machines();
    // Whatever either sends to the other goes by way of the third.
    let mut relays = Vec::new();
    for (machine, number, other) in [(one, 1, 2), (two, 2, 1)] {
        machine.firewall(&format!(
            "table ip detour {{\n chain out {{\n type nat hook output priority -100\n \
             ip daddr 10.9.0.{other} udp dport 470{other} dnat to 10.9.0.3:480{other}\n }}\n }}\n"
        ));
        machine.loses_packets();
        relays.push(UdpRelay::start(
            between,
            format!("10.9.0.3:480{number}").parse().unwrap(),
            format!("10.9.0.{number}:470{number}").parse().unwrap(),
            delay,
        ));
    }
    let ana = one.peer("ana", &["--peer-listen", "0.0.0.0:4701"]);
    let beto = two.peer("beto", &["--peer-listen", "0.0.0.0:4702"]);
    within("over a bad line", ana.meets(&beto), MEETING);
    within("over a bad line", beto.meets(&ana), MEETING);
    ana.calls(&beto);
    beto.calls(&ana);
    let start = Instant::now();
    let many = ana.run(&["hello", "unary", "--count", "50", "--peer", "beto"], "");
    assert_eq!(many.stdout.lines().count(), 50, "{}", many.stderr);
    assert!(start.elapsed() >= 50 * 2 * delay, "the detour was not taken");
}

// S19
#[test]
fn a_flood_of_forged_announcements_does_not_keep_peers_that_know_each_other_apart() {
    if !can_be_made() {
        return;
    }
    let lan = Lan::of(3);
    let [one, two, three] = lan.machines();
    let ana = one.peer("ana", &["--peer-listen", "0.0.0.0:4701"]);
    let beto = two.peer("beto", &["--peer-listen", "0.0.0.0:4702"]);
    ana.meets(&beto);
    beto.meets(&ana);
    let (_, ana) = ana.peer.stop();
    let (_, beto) = beto.peer.stop();
    let _forger = Forger::start(three);
    // Where they were they no longer are: only discovery can tell.
    let ana = one.peer_in(ana, "ana", &["--peer-listen", "0.0.0.0:4703"]);
    let beto = two.peer_in(beto, "beto", &["--peer-listen", "0.0.0.0:4704"]);
    // The first try of each may be where the other was.
    within("in a flood", ana.meets(&beto), 2 * MEETING);
    within("in a flood", beto.meets(&ana), 2 * MEETING);
    ana.calls(&beto);
    let known = ana.run(&["peers", "--json"], "").stdout.lines().count();
    assert!(known > 50, "{known} peers: the flood was not heard");
}

#[test]
fn a_peer_with_the_defaults_sends_nothing_but_multicast_to_its_own_networks() {
    if !can_be_made() {
        return;
    }
    let (home, gateway) = (Machine::new(), Machine::new());
    home.reaches_the_world_by(&gateway);
    gateway.firewall(COUNT_WHAT_COMES);
    let start = Instant::now();
    let (ana, beto) = (home.peer("ana", &[]), home.peer("beto", &[]));
    ana.meets(&beto);
    ana.calls(&beto);
    // Whatever wants to go out has time to.
    sleep(QUIET.saturating_sub(start.elapsed()));
    ana.peer.stop();
    beto.peer.stop();
    assert!(gateway.counted("multicast_dns") > 0, "discovery was not counted");
    assert_eq!(gateway.counted("port_mapping"), 0);
    assert_eq!(gateway.counted("elsewhere"), 0);
}

#[test]
fn a_peer_bound_to_loopback_sends_nothing_on_any_other_interface() {
    if !can_be_made() {
        return;
    }
    let (home, gateway) = (Machine::new(), Machine::new());
    home.forget_ipv6();
    gateway.forget_ipv6();
    home.reaches_the_world_by(&gateway);
    gateway.firewall(COUNT_WHAT_COMES);
    let start = Instant::now();
    let bound = ["--peer-listen", "127.0.0.1:0"];
    let (ana, beto) = (home.peer("ana", &bound), home.peer("beto", &bound));
    within("bound to loopback", ana.meets(&beto), MEETING);
    ana.calls(&beto);
    sleep(QUIET.saturating_sub(start.elapsed()));
    ana.peer.stop();
    beto.peer.stop();
    for counter in [
        "multicast_dns",
        "membership",
        "neighbours",
        "port_mapping",
        "elsewhere",
    ] {
        assert_eq!(gateway.counted(counter), 0, "{counter}");
    }
    // The counters do count.
    let probe = home.inside(|| {
        let socket = UdpSocket::bind("10.9.0.1:0").unwrap();
        socket.send_to(b"?", "203.0.113.1:9").unwrap();
    });
    probe.join().unwrap();
    until(|| (gateway.counted("elsewhere") == 1).then_some(()));
}

#[test]
fn the_router_is_asked_for_a_port_when_a_person_opens_the_way_to_the_internet_and_nobody_else_is_asked() {
    if !can_be_made() {
        return;
    }
    let (home, gateway) = (Machine::new(), Machine::new());
    home.reaches_the_world_by(&gateway);
    gateway.firewall(COUNT_WHAT_COMES);
    let ana = home.peer("ana", &["--internet"]);
    until(|| (gateway.counted("port_mapping") > 0).then_some(()));
    ana.peer.stop();
    assert_eq!(gateway.counted("elsewhere"), 0);
}

#[test]
fn a_peer_whose_data_folder_was_copied_is_told_so() {
    if !can_be_made() {
        return;
    }
    let lan = Lan::of(2);
    let [one, two] = lan.machines();
    let (ended, folder) = one.peer("ana", &[]).peer.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let copy = copied(&folder);
    let ana = one.peer_in(folder, "ana", &[]);
    let double = two.peer_in(copy, "ana", &[]);
    for peer in [&ana, &double] {
        let line = peer.peer.says("another peer goes by the key of this one");
        assert!(line.contains("delete its data folder"), "{line}");
    }
}

/// What a neighbour hears, by kind. `elsewhere` is all that is not how machines on one cable find each other.
const COUNT_WHAT_COMES: &str = "\
table netdev watch {
    counter multicast_dns { }
    counter membership { }
    counter neighbours { }
    counter port_mapping { }
    counter elsewhere { }
    chain in {
        type filter hook ingress device \"eth0\" priority 0
        ip daddr 224.0.0.251 udp dport 5353 counter name multicast_dns accept
        ip6 daddr ff02::fb udp dport 5353 counter name multicast_dns accept
        ip protocol igmp counter name membership accept
        icmpv6 type { mld-listener-report, mld-listener-done, mld2-listener-report } counter name membership accept
        ether type arp counter name neighbours accept
        icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } counter name neighbours accept
        udp dport { 1900, 5350, 5351 } counter name port_mapping accept
        counter name elsewhere
    }
}
";

#[track_caller]
fn within(what: &str, took: Duration, limit: Duration) {
    eprintln!("{what}: {took:?}");
    assert!(took < limit, "{what}: {took:?}");
}
