//! How a call ended: the number, the name, and a sentence that says what to do.

use tonic::{Code, Status};

use super::failure_words;
use crate::{
    i18n::Language::{self, English, Spanish},
    rpc::failure::Failure,
};

/// The end of a call, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The number of the status, `14`.
    pub number: i32,
    /// Its name, `UNAVAILABLE`: the same in every language.
    pub name: &'static str,
    /// What happened and what to do.
    pub sentence: String,
    /// What the peer said about it, in its own words; often nothing.
    pub said: String,
}

/// Explains the status a call ended with.
pub fn explain(status: &Status, language: Language) -> Explanation {
    match Failure::of(status) {
        // The page's own English words are the sentence already, in the language of the person.
        Some(failure) => of(status.code(), failure_words::sentence(failure, language), ""),
        None => of(
            status.code(),
            sentence(status.code(), language).to_owned(),
            status.message(),
        ),
    }
}

/// Explains the status of a call that was passed on to another peer, which nobody starts again from here.
pub fn explain_far(status: &Status, language: Language) -> Explanation {
    match (status.code(), Failure::of(status)) {
        (Code::Unavailable, None) => {
            let sentence = match language {
                English => {
                    "This peer cannot be reached, or is stopping. Diagnose, in the view Peers, tells why."
                }
                Spanish => {
                    "Este par no se puede alcanzar, o se está deteniendo. Diagnosticar, en la vista Pares, dice por qué."
                }
            };
            of(Code::Unavailable, sentence.to_owned(), status.message())
        }
        (_, Some(_)) | (_, None) => explain(status, language),
    }
}

/// The end of a call that went well.
pub fn ok(language: Language) -> Explanation {
    of(Code::Ok, sentence(Code::Ok, language).to_owned(), "")
}

/// The end of a call the person at the page cancelled. The peer says nothing then.
pub fn cancelled_by_you(language: Language) -> Explanation {
    let sentence = match language {
        English => "You cancelled this call. The peer was told to stop.",
        Spanish => "Llamada cancelada desde aquí. Se le avisó al par que se detuviera.",
    };
    of(Code::Cancelled, sentence.to_owned(), "")
}

fn of(code: Code, sentence: String, said: &str) -> Explanation {
    Explanation {
        number: code.into(),
        name: name(code),
        sentence,
        said: said.to_owned(),
    }
}

/// The name of a status, as gRPC writes it.
pub fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// What a status means and what to do about it.
pub fn sentence(code: Code, language: Language) -> &'static str {
    match language {
        English => english(code),
        Spanish => spanish(code),
    }
}

fn english(code: Code) -> &'static str {
    match code {
        Code::Ok => "The call went well.",
        Code::Cancelled => "The call was cancelled before it ended. Send it again if that was not meant.",
        Code::Unknown => "Something failed and the peer did not say what. Its terminal may tell more.",
        Code::InvalidArgument => "The peer does not take this request. Correct it and send it again.",
        Code::DeadlineExceeded => {
            "The call took longer than its deadline. Allow it more time, or ask for fewer or quicker messages."
        }
        Code::NotFound => "The peer knows this method, but not what was asked for.",
        Code::AlreadyExists => "What the call was to make is there already.",
        Code::PermissionDenied => "The peer does not allow this to whoever calls from here.",
        Code::ResourceExhausted => {
            "A message or the metadata is larger than the peer takes, or the peer has no room left. Send less, or less at once."
        }
        Code::FailedPrecondition => "The peer is not in a state to do this yet. Put that right first.",
        Code::Aborted => "Another call got in the way. Send this one again.",
        Code::OutOfRange => "A value is outside of what the peer takes. Choose another one.",
        Code::Unimplemented => "The peer does not have this method. It may be an older version.",
        Code::Internal => "Something broke inside the peer or on the way. Its terminal may tell more.",
        Code::Unavailable => {
            "The peer is stopping, or cannot be reached. Start it again if it has stopped; the page finds it by itself."
        }
        Code::DataLoss => "Data was lost or damaged and cannot be had back from this peer.",
        Code::Unauthenticated => "The peer wants to know who is calling, and was not told.",
    }
}

fn spanish(code: Code) -> &'static str {
    match code {
        Code::Ok => "La llamada salió bien.",
        Code::Cancelled => {
            "La llamada se canceló antes de terminar. Si no era la intención, enviarla otra vez."
        }
        Code::Unknown => "Algo falló y el par no dijo qué. Su terminal puede decir más.",
        Code::InvalidArgument => "El par no acepta esta solicitud. Corregirla y enviarla otra vez.",
        Code::DeadlineExceeded => {
            "La llamada tardó más que su plazo (deadline). Dar más tiempo, o pedir mensajes menos numerosos o más seguidos."
        }
        Code::NotFound => "El par conoce este método, pero no lo que se le pidió.",
        Code::AlreadyExists => "Lo que la llamada debía crear ya existe.",
        Code::PermissionDenied => "El par no le permite esto a quien llama desde aquí.",
        Code::ResourceExhausted => {
            "Un mensaje o los metadatos son más grandes de lo que el par acepta, o al par no le queda espacio. Enviar menos, o menos a la vez."
        }
        Code::FailedPrecondition => {
            "El par todavía no está en condiciones de hacer esto. Arreglar eso primero."
        }
        Code::Aborted => "Otra llamada se atravesó. Enviar esta otra vez.",
        Code::OutOfRange => "Un valor está fuera de lo que el par acepta. Elegir otro.",
        Code::Unimplemented => "El par no tiene este método. Puede ser una versión anterior.",
        Code::Internal => "Algo se dañó dentro del par o en el camino. Su terminal puede decir más.",
        Code::Unavailable => {
            "El par se está deteniendo o no se puede alcanzar. Si se detuvo, iniciarlo de nuevo; la página lo encuentra sola."
        }
        Code::DataLoss => "Se perdieron o dañaron datos y este par no los puede recuperar.",
        Code::Unauthenticated => "El par necesita saber quién llama y no se le dijo.",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Every status there is; `Code` has no list of its own.
    fn codes() -> impl Iterator<Item = Code> {
        (0..=16).map(Code::from)
    }

    #[test]
    fn all_seventeen_have_a_name_and_a_sentence_of_their_own_in_both_languages() {
        assert_eq!(codes().map(name).collect::<HashSet<_>>().len(), 17);
        for language in Language::ALL {
            let sentences: HashSet<_> = codes().map(|code| sentence(code, language)).collect();
            assert_eq!(sentences.len(), 17, "{language:?}");
        }
    }

    #[test]
    fn a_status_of_the_peer_keeps_what_the_peer_said() {
        let explanation = explain(&Status::resource_exhausted("5 MiB"), English);
        assert_eq!((explanation.number, explanation.name), (8, "RESOURCE_EXHAUSTED"));
        assert!(explanation.sentence.contains("larger than the peer takes"));
        assert_eq!(explanation.said, "5 MiB");
    }

    #[test]
    fn a_peer_that_stopped_and_one_that_never_answered_are_different_sentences() {
        let cut_off = explain(&Failure::CutOff.into(), English);
        let unreachable = explain(
            &Failure::Unreachable {
                origin: "http://localhost:1".into(),
            }
            .into(),
            English,
        );
        assert_eq!((cut_off.name, unreachable.name), ("UNAVAILABLE", "UNAVAILABLE"));
        assert!(cut_off.sentence.contains("stopped"), "{}", cut_off.sentence);
        assert!(
            unreachable.sentence.contains("http://localhost:1"),
            "{}",
            unreachable.sentence
        );
        assert_eq!(
            cut_off.said, "",
            "the page's own words are not put into the peer's mouth"
        );
    }

    #[test]
    fn that_a_far_peer_is_not_there_is_for_its_diagnosis_and_not_for_a_new_start() {
        for (language, diagnose) in [(English, "Diagnose"), (Spanish, "Diagnosticar")] {
            let gone = Status::unavailable("it does not answer");
            let far = explain_far(&gone, language);
            assert!(far.sentence.contains(diagnose), "{}", far.sentence);
            assert_eq!(far.said, "it does not answer");
            assert!(!explain(&gone, language).sentence.contains(diagnose));
            // The peer of this computer is gone, whomever the call was for.
            let own = Failure::CutOff.into();
            assert_eq!(explain_far(&own, language), explain(&own, language));
        }
    }

    #[test]
    fn cancelling_is_said_to_be_ones_own_doing() {
        assert!(cancelled_by_you(English).sentence.starts_with("You cancelled"));
        assert_eq!(cancelled_by_you(Spanish).number, 1);
    }
}
