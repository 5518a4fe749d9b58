//! What went wrong on the way to a peer, in a sentence that says what to do.

use crate::{
    i18n::Language::{self, English, Spanish},
    rpc::failure::Failure,
};

/// The sentence.
pub(super) fn sentence(failure: &Failure, language: Language) -> String {
    match language {
        English => english(failure),
        Spanish => spanish(failure),
    }
}

fn english(failure: &Failure) -> String {
    match failure {
        Failure::Unreachable { origin } => {
            format!("No peer answers at {origin}. Start it with “parcero”; the page finds it by itself.")
        }
        Failure::CutOff => "The peer stopped while the call was under way. Start it again with “parcero”; \
                            the page finds it by itself, and the call can be sent again."
            .into(),
        Failure::Deadline => "The call took longer than its deadline, and the page ended it. \
                              Allow it more time, or ask for fewer or quicker messages."
            .into(),
        Failure::GivenUp => "The browser gave the call up, as it does when the page is left. Send it again.".into(),
        Failure::Http { status, text } => refused(
            format!("The peer refused the call with HTTP {status}"),
            text,
            ". Open the page at the address the peer prints when it starts.",
        ),
        Failure::NotGrpcWeb { content_type } => format!(
            "Something that is no peer answered (“{content_type}”). See what else listens at this address."
        ),
        Failure::NoTrailers => {
            "The answer ended without saying how the call went. Something between here and the peer cut it off.".into()
        }
        Failure::HalfMessage => {
            "The answer ended in the middle of a message. Something between here and the peer cut it off.".into()
        }
        Failure::BadTrailers(why) => format!("The end of the answer cannot be read: {why}. Look at the Wire view."),
        Failure::TooLarge { announced, limit } => format!(
            "The peer sent a message of {} bytes, and this page takes at most {}. Ask for less at once.",
            digits(*announced, ','),
            digits(*limit, ','),
        ),
        Failure::TooLargeToSend { bytes, limit } => format!(
            "This message is {} bytes, and the peer takes at most {}. It was not sent. \
             Send less at once, or start the peer with a larger --max-message-bytes.",
            digits(*bytes, ','),
            digits(*limit, ','),
        ),
        Failure::StreamByFetch { .. } => {
            "This method takes a stream of requests, which a browser cannot send by fetch. Use the WebSocket.".into()
        }
        Failure::BadMetadata(key) => format!(
            "The metadata “{key}” has a value a browser cannot send. Use plain ASCII, or a key that ends in -bin."
        ),
        Failure::NoBrowser => "Calls are made from inside a browser only.".into(),
    }
}

fn spanish(failure: &Failure) -> String {
    match failure {
        Failure::Unreachable { origin } => {
            format!("Ningún par responde en {origin}. Iniciarlo con “parcero”; la página lo encuentra sola.")
        }
        Failure::CutOff => "El par se detuvo durante la llamada. Iniciarlo de nuevo con “parcero”; \
                            la página lo encuentra sola y la llamada se puede enviar otra vez."
            .into(),
        Failure::Deadline => "La llamada tardó más que su plazo (deadline) y la página la terminó. \
                              Dar más tiempo, o pedir mensajes menos numerosos o más seguidos."
            .into(),
        Failure::GivenUp => {
            "El navegador abandonó la llamada, como lo hace al salir de la página. Enviarla otra vez.".into()
        }
        Failure::Http { status, text } => refused(
            format!("El par rechazó la llamada con HTTP {status}"),
            text,
            ". Abrir la página en la dirección que el par imprime al iniciar.",
        ),
        Failure::NotGrpcWeb { content_type } => format!(
            "Respondió algo que no es un par (“{content_type}”). Ver qué más escucha en esta dirección."
        ),
        Failure::NoTrailers => {
            "La respuesta terminó sin decir cómo salió la llamada. Algo entre aquí y el par la cortó.".into()
        }
        Failure::HalfMessage => {
            "La respuesta terminó en medio de un mensaje. Algo entre aquí y el par la cortó.".into()
        }
        Failure::BadTrailers(why) => {
            format!("No se puede leer el final de la respuesta ({why}). Mirar la vista Wire.")
        }
        Failure::TooLarge { announced, limit } => format!(
            "El par envió un mensaje de {} bytes y esta página acepta hasta {}. Pedir menos a la vez.",
            digits(*announced, '.'),
            digits(*limit, '.'),
        ),
        Failure::TooLargeToSend { bytes, limit } => format!(
            "Este mensaje tiene {} bytes y el par acepta hasta {}. No se envió. \
             Enviar menos a la vez, o iniciar el par con un --max-message-bytes mayor.",
            digits(*bytes, '.'),
            digits(*limit, '.'),
        ),
        Failure::StreamByFetch { .. } => {
            "Este método recibe un flujo de solicitudes, que un navegador no puede enviar por fetch. Usar el WebSocket."
                .into()
        }
        Failure::BadMetadata(key) => format!(
            "El metadato “{key}” tiene un valor que un navegador no puede enviar. Usar ASCII, o una clave que termine en -bin."
        ),
        Failure::NoBrowser => "Las llamadas solo se hacen desde un navegador.".into(),
    }
}

/// A whole number in groups of three. The browser's own formats are not at hand here.
fn digits(number: usize, separator: char) -> String {
    let plain = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in plain.chars().enumerate() {
        if place > 0 && (plain.len() - place).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    grouped
}

/// A refusal with what the peer said about it, if it said anything.
fn refused(what: String, said: &str, what_to_do: &str) -> String {
    if said.is_empty() {
        what + what_to_do
    } else {
        format!("{what} ({}){what_to_do}", said.trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_too_large_says_how_large_it_is_and_how_large_it_may_be() {
        let failure = Failure::TooLargeToSend {
            bytes: 20_971_529,
            limit: 999,
        };
        assert!(
            english(&failure)
                .starts_with("This message is 20,971,529 bytes, and the peer takes at most 999.")
        );
        assert!(
            spanish(&failure).starts_with("Este mensaje tiene 20.971.529 bytes y el par acepta hasta 999.")
        );
    }

    #[test]
    fn a_refusal_repeats_what_the_peer_said() {
        let silent = Failure::Http {
            status: 421,
            text: String::new(),
        };
        assert!(english(&silent).starts_with("The peer refused the call with HTTP 421. Open"));
        let plain = Failure::Http {
            status: 403,
            text: "foreign origin.".into(),
        };
        assert!(
            english(&plain).starts_with("The peer refused the call with HTTP 403 (foreign origin). Open")
        );
        assert!(
            spanish(&plain).starts_with("El par rechazó la llamada con HTTP 403 (foreign origin). Abrir")
        );
    }
}
