//! How many sockets a peer may have open.

/// Asks the system for as many open files as it would give: the usual limit of 1,024 is meant for programs that
/// use `select`, and each open call of a browser is a socket.
#[cfg(unix)]
pub(super) fn raise_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return;
    }
    // Some systems call their hard limit endless and then refuse more than a number of their own.
    let attempts = [maximum, Some(65_536), Some(10_240)];
    let is_more = |wish: &Option<u64>| match (wish, current) {
        (Some(wish), Some(current)) => *wish > current,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    let raised = attempts.into_iter().filter(is_more).find(|wish| {
        setrlimit(
            Resource::Nofile,
            Rlimit {
                current: *wish,
                maximum,
            },
        )
        .is_ok()
    });
    match raised {
        Some(limit) => tracing::debug!(?limit, "raised the limit of open files"),
        None => tracing::warn!(?current, "the system keeps the limit of open files low"),
    }
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub(super) fn raise_limit() {}
