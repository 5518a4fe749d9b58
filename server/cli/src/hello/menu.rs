//! `parcero hello` alone: a menu of the four kinds, on standard error, so that replies can still be piped on.

use std::process::ExitCode;

use super::{
    Greeter, about, bidi,
    call::{CallOptions, DEFAULT_GREETING, DEFAULT_NAME},
    client,
    names::Names,
    server::Server,
    unary::Unary,
};
use crate::{failure::Failure, input::Lines, output, output::Output};

const MENU: &str = "
  1  unary                    one request, one reply
  2  server streaming         one request, several replies
  3  client streaming         several requests, one reply at the end
  4  bidirectional streaming  several requests, each answered as it comes
  q  quit";

enum Choice {
    Unary,
    Server,
    Client,
    Bidi,
    Quit,
}

/// Asks, calls, and asks again, until the person has enough. Ends as the last call did.
pub(super) async fn run(greeter: Greeter, to: Option<&str>, output: &Output) -> Result<ExitCode, Failure> {
    let mut lines = Lines::default();
    let mut code = ExitCode::SUCCESS;
    loop {
        output::say(MENU);
        let choice = choose(&mut lines).await?;
        if matches!(choice, Choice::Quit) {
            return Ok(code);
        }
        code = match call(&choice, greeter.clone(), &mut lines, output).await {
            Ok(()) => ExitCode::SUCCESS,
            // A call that was refused is no reason to take the menu away; anything else would only happen again.
            Err(failure @ Failure::Refused { .. }) => about(failure, to).report(),
            Err(failure) => return Err(failure),
        };
    }
}

/// The end of the input is a way to quit, too.
async fn choose(lines: &mut Lines) -> Result<Choice, Failure> {
    loop {
        let answer = ask(lines, "Which one? ").await?;
        return Ok(match answer.as_deref().map(str::trim) {
            Some("1") => Choice::Unary,
            Some("2") => Choice::Server,
            Some("3") => Choice::Client,
            Some("4") => Choice::Bidi,
            Some("q" | "Q") | None => Choice::Quit,
            Some(_) => {
                output::say("That is none of 1, 2, 3, 4 and q.");
                continue;
            }
        });
    }
}

async fn call(choice: &Choice, greeter: Greeter, lines: &mut Lines, output: &Output) -> Result<(), Failure> {
    let greeting = answer(lines, "Greeting", DEFAULT_GREETING).await?;
    let options = CallOptions {
        greeting,
        ..CallOptions::default()
    };
    match choice {
        Choice::Unary => {
            let name = answer(lines, "Name", DEFAULT_NAME).await?;
            Unary::once(name, options).run(greeter, output).await
        }
        Choice::Server => {
            let name = answer(lines, "Name", DEFAULT_NAME).await?;
            Server::as_the_peer_likes(name, options)
                .run(greeter, output)
                .await
        }
        Choice::Client => {
            output::say("Type one name a line; an empty line finishes.");
            client::send(greeter, Names::until_empty(lines), &options, output).await
        }
        Choice::Bidi => {
            output::say("Type one name a line; an empty line finishes.");
            bidi::converse(greeter, Names::until_empty(lines), &options, output).await
        }
        Choice::Quit => Ok(()),
    }
}

async fn answer(lines: &mut Lines, question: &str, default: &str) -> Result<String, Failure> {
    let answer = ask(lines, &format!("{question} [{default}]: ")).await?;
    let answer = answer.filter(|answer| !answer.is_empty());
    Ok(answer.unwrap_or_else(|| default.to_owned()))
}

/// What the person answers; `None` at the end of the input, which ends the line of the question.
async fn ask(lines: &mut Lines, question: &str) -> Result<Option<String>, Failure> {
    output::ask(question);
    let answer = lines.next().await?;
    if answer.is_none() {
        output::say("");
    }
    Ok(answer)
}
