//! A gRPC call on a QUIC stream of its own, both ends. Knows no service.
//!
//! Whoever calls opens one bidirectional stream for each call. Each direction of it is a sequence of frames as in
//! gRPC-Web and in the bridge ([`bridge::frame`]): flags, a big-endian length, and so many bytes.
//!
//! ```text
//! caller   0x80 head      a line with the path, then the metadata, a line each (`name: value`)
//!          0x00 0x01      the messages, plain or compressed
//!          0x80 (empty)   there are no more
//! callee   0x80 head      the response metadata; with `grpc-status` in it, it is all there is
//!          0x00 0x01      the messages
//!          0x80 trailers  `grpc-status` and what goes with it
//! ```
//!
//! The end of a stream proves nothing, because QUIC finishes a stream whose owner merely dropped it: a direction is whole
//! when its last frame has come. Either side gives up by resetting what it sends and stopping what it receives, with one
//! of the codes of [`Gone`]. Deadlines cross as `grpc-timeout` and are enforced by the layers of the callee.
//!
//! Metadata crosses as it is, but for these names, which another peer neither gets to see nor gets to set:
//!
//! ```text
//! either way          connection content-length host keep-alive proxy-authenticate te trailer transfer-encoding upgrade:
//!                     they are about the connection a call came by (RFC 9110, section 7.6.1), and that ends here
//! caller to callee    accept accept-encoding accept-language cache-control cookie dnt origin pragma referer, and what
//!                     begins with sec-ch- sec-fetch- sec-websocket-: browsers add them unasked, and they tell of the
//!                     person, of the pages of this machine, and of their cookies
//!                     parcero-peer: it has led the call here, and there is no second hop
//! callee to caller    alt-svc clear-site-data link location nel permissions-policy refresh report-to
//!                     reporting-endpoints service-worker-allowed set-cookie sourcemap strict-transport-security
//!                     www-authenticate x-frame-options, and what begins with access-control-
//!                     content-security-policy cross-origin- sec-: a browser would obey them, as the word of this machine
//! ```
//!
//! And `grpc-timeout` says what is left of the deadline where the call is passed on.
//!
//! A change of any of this changes [`ALPN`].

mod body;
mod callee;
mod caller;
mod forward;
mod frames;
mod head;
mod sending;

pub use self::{
    callee::{Entered, serve},
    caller::{Caller, Dial, Dialled},
    forward::{Directory, ForwardLayer, ForwardService, PEER_KEY},
};

/// The name of this protocol, version included.
pub const ALPN: &[u8] = b"parcero/calls/1";

/// How long a head may be: 16 KiB of metadata, which the layers check, and room for what makes a line of it.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Why a stream was reset or stopped. The codes of HTTP/3 that mean the same (RFC 9114, section 8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gone {
    /// H3_REQUEST_CANCELLED: nobody waits for it any more.
    Cancelled,
    /// H3_MESSAGE_ERROR: what came is not of this protocol.
    Malformed,
    /// H3_INTERNAL_ERROR: this end failed.
    Failed,
}

impl Gone {
    fn code(self) -> iroh::endpoint::VarInt {
        iroh::endpoint::VarInt::from_u32(match self {
            Self::Cancelled => 0x010c,
            Self::Malformed => 0x010e,
            Self::Failed => 0x0102,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Peers of other versions read these: where they change, so must the name of the protocol.
    #[test]
    fn streams_are_given_up_with_the_codes_of_parcero_calls_1() {
        let codes = [Gone::Cancelled, Gone::Malformed, Gone::Failed].map(|gone| gone.code().into_inner());
        assert_eq!((ALPN, codes), (&b"parcero/calls/1"[..], [0x010c, 0x010e, 0x0102]));
    }
}
