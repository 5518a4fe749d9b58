//! What the browser itself thinks of the calls of a page.

use std::{collections::HashSet, time::Duration};

use serde_json::Value;

use super::page::Page;
use crate::support::TestPeer;

/// How often the browser is asked for more, at most, and the pause between: ten seconds.
const LOOKS: u32 = 200;
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How requests to a method ended, as the browser noted it until each had ended.
async fn ends_of(page: &Page, method: &str, count: usize) -> Vec<String> {
    let (mut ours, mut ends) = (HashSet::new(), Vec::new());
    for _ in 0..LOOKS {
        for entry in page.driver().get_log("performance").await.unwrap() {
            let note: Value = serde_json::from_str(&entry.message).unwrap();
            let (event, about) = (&note["message"]["method"], &note["message"]["params"]);
            let id = about["requestId"].as_str().unwrap_or_default().to_owned();
            match event.as_str().unwrap() {
                "Network.requestWillBeSent"
                    if about["request"]["url"].as_str().unwrap().ends_with(method) =>
                {
                    ours.insert(id);
                }
                "Network.loadingFinished" if ours.contains(&id) => ends.push("finished".to_owned()),
                "Network.loadingFailed" if ours.contains(&id) => {
                    ends.push(about["errorText"].as_str().unwrap().to_owned());
                }
                _ => {}
            }
        }
        if ends.len() >= count {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    ends
}

#[tokio::test]
async fn a_unary_call_is_finished_for_the_browser_too_and_a_cancelled_one_is_not() {
    let peer = TestPeer::start(&[]);
    let Some(page) = Page::open_with_network_log(&peer).await else {
        return;
    };
    for _ in 0..3 {
        page.click("[data-card=unary] [data-action=send]").await;
        page.status("unary", "0").await;
    }
    assert_eq!(ends_of(&page, "/OnlyResponse", 3).await, ["finished"; 3]);

    page.fill("[data-option=interval]", "60000").await;
    page.click("[data-card=server] [data-action=send]").await;
    page.find("[data-card=server] .sequence li.received").await;
    page.click("[data-card=server] [data-action=cancel]").await;
    assert_eq!(
        ends_of(&page, "/ServerStreaming", 1).await,
        ["net::ERR_ABORTED"],
        "what a person cancels is cancelled"
    );
}
