//! The page in Spanish, as in Colombia: impersonal, and with the protocol's own words explained once.

use super::texts::{Diagram, Hello, Inspect, Keys, Options, Outcome, Presence, Shell, Texts};
use crate::model::{hello::Kind, metadata::MetadataError};

/// The page in Spanish.
pub(super) static SPANISH: Texts = Texts {
    shell: Shell {
        views: "Vistas",
        skip: "Ir al contenido",
        language: "Idioma",
        theme: "Tema",
        system: "Como el sistema",
        light: "Claro",
        dark: "Oscuro",
        keys: "Teclas",
    },
    presence: Presence {
        asking: "buscando el par…",
        here: "en marcha",
        gone: "detenido",
        stopped: "El par (peer) de este computador se detuvo",
        stopping_word: "deteniéndose",
        stopping: "El par (peer) de este computador se está deteniendo: las llamadas abiertas pueden terminar, no acepta nuevas",
        nobody: |origin| {
            format!(
                "Ningún par (peer) responde en {origin}: iniciar uno, o revisar que permita esta página (--allow-origin)"
            )
        },
        reconnecting: |attempt| format!("— reconectando ({attempt})…"),
        back: "El par volvió",
        changed: "El par volvió con otra versión que la de esta página.",
        reload: "Recargar la página",
    },
    keys: Keys {
        title: "Teclas",
        hello: "Hello",
        peers: "Pares",
        first_field: "El primer campo",
        show: "Estas teclas",
        send: "Enviar, en un campo",
        tabs: "De pestaña en pestaña en Inspeccionar",
        close_dialog: "Cerrar esto",
        single: "Atajos de una sola tecla",
        single_hint: "Conviene apagarlos al dictar por voz, o si estorban.",
        close: "Cerrar",
    },
    hello: Hello {
        title: "Hello",
        intro: "Las cuatro clases de llamada gRPC, en vivo. Azul es lo enviado, ámbar lo recibido.",
        target: "Llamar a",
        target_is_this: |name| format!("{name} (este par)"),
        target_is: |name, how| format!("{name} · {how}"),
        run_all: "Ejecutar las cuatro",
        all_running: "Las cuatro llamadas están en curso: esperar a que una termine, o cancelarla",
        greeting: "saludo",
        name: "nombre",
        default_greeting: "Hola",
        default_name: "Telemática",
        names: ["Ana", "Luis", "Sofía"],
        kind: |kind| match kind {
            Kind::Unary => "Unaria",
            Kind::Server => "Flujo del servidor",
            Kind::Client => "Flujo del cliente",
            Kind::Bidi => "Flujo bidireccional",
        },
        empty: |kind| match kind {
            Kind::Unary => "Enviar pregunta una vez, y el par responde una vez.",
            Kind::Server => {
                "Enviar pregunta una vez, y el par responde con un flujo (stream): cinco mensajes, cada dos segundos."
            }
            Kind::Client => {
                "Enviar cuantos nombres se quiera y luego Terminar (half-close): el par responde una vez."
            }
            Kind::Bidi => {
                "Enviar cuantas veces se quiera: el par responde enseguida a cada mensaje. Terminar acaba la llamada."
            }
        },
        empty_with: |count, pause| match (count, pause) {
            ("1", _) => {
                "Enviar pregunta una vez, y el par responde con un flujo (stream) de un solo mensaje."
                    .to_owned()
            }
            (_, "0") => format!(
                "Enviar pregunta una vez, y el par responde con un flujo (stream): {count} mensajes, sin pausa."
            ),
            _ => format!(
                "Enviar pregunta una vez, y el par responde con un flujo (stream): {count} mensajes, cada {pause} ms."
            ),
        },
        kept_aside: |to, before| {
            format!(
                "Todavía no hay llamada a {to}. La última a {before} se conserva: para verla, elegir {before} arriba."
            )
        },
        goes_elsewhere: |callee, to| format!("Esta llamada es a {callee}. La próxima va a {to}."),
        by_fetch: "gRPC-Web: una petición HTTP (fetch) lleva la pregunta entera; las respuestas vuelven en su respuesta",
        by_socket: "WebSocket: los mensajes van en ambos sentidos a la vez por una conexión, lo que fetch no puede en un navegador",
        send: "Enviar",
        finish: "Terminar",
        cancel: "Cancelar",
        inspect: "Inspeccionar",
        close: "Cerrar",
        running: "Esta llamada está en curso: esperar a que termine, o cancelarla",
        nothing_running: "No hay llamada en curso: Enviar comienza una",
        nothing_open: "No hay nada abierto: Enviar abre la llamada",
        finished_already: "El envío ya terminó: esperar la respuesta, o cancelar",
        bad_options: "Una opción no se puede enviar: ver arriba",
        queue_full: "Hay demasiados mensajes por enviar: esperar un poco",
    },
    options: Options {
        title: "Opciones de la llamada",
        deadline: "Plazo",
        none: "ninguno",
        unit: "Unidad del plazo",
        count: "Mensajes",
        interval: "Pausa (ms)",
        limit: |size| format!("Mensajes de hasta {size}"),
        metadata: "Metadatos",
        add: "Agregar metadatos",
        full: "No caben más filas en una llamada",
        key: "clave",
        value: "valor",
        remove: "Quitar",
        bytes_hint: "Bytes: base64, o hexadecimal después de 0x.",
        bytes_count: |count| format!("Bytes: {count}."),
        bad_deadline: "El plazo (deadline) es un número mayor que 0 y de un día como máximo. Vacío: sin plazo.",
        bad_count: "Mensajes es un número entero de 1 a 100.000. Vacío: 5 respuestas, y un mensaje por cada Enviar.",
        bad_interval: "La pausa es un número entero de milisegundos de 0 a 60.000. Vacío: respuestas cada 2.000 ms.",
        bad_row: |error| match error {
            MetadataError::NoKey => "Este valor no tiene clave: ponerle una, o quitar la fila.",
            MetadataError::BadKey => {
                "Una clave solo lleva letras sin tilde, dígitos, guiones, guiones bajos y puntos."
            }
            MetadataError::Reserved => {
                "Las claves que comienzan por grpc- son del protocolo. Para un límite de tiempo está Plazo."
            }
            MetadataError::Forbidden => {
                "Esta cabecera la pone el navegador o la llamada misma; una página no puede."
            }
            MetadataError::HasField => "Esta clave tiene su propio campo arriba: Llamar a, Mensajes o Pausa.",
            MetadataError::NotAscii => {
                "Un valor es ASCII simple. Para lo demás, terminar la clave en -bin y enviar bytes."
            }
            MetadataError::NotBytes => {
                "Una clave -bin lleva bytes: base64, o pares de dígitos hexadecimales después de 0x."
            }
        },
        means: |count, interval| {
            let apart = interval.map(|pause| match pause {
                "0" => "sin pausa".to_owned(),
                _ => format!("cada {pause} ms"),
            });
            let number = |count: &str, one: &str| match count {
                "1" => format!("1 {one}"),
                _ => format!("{count} {one}s"),
            };
            let counts = count.map(|count| (number(count, "respuesta"), number(count, "mensaje")));
            match (counts, apart) {
                (None, None) => String::new(),
                (Some((answers, messages)), None) => format!(
                    "El flujo del servidor pide {answers}. En un flujo de peticiones, cada Enviar manda {messages}."
                ),
                (None, Some(apart)) => format!(
                    "El flujo del servidor pide sus respuestas {apart}. Ejecutar las cuatro manda sus nombres {apart}."
                ),
                (Some((answers, messages)), Some(apart)) => format!(
                    "El flujo del servidor pide {answers} {apart}. En un flujo de peticiones, cada Enviar manda {messages} {apart}."
                ),
            }
        },
    },
    diagram: Diagram {
        label: |kind| format!("{kind}: lo que cruzó"),
        browser: "navegador",
        peer: "par",
        sent: "enviado",
        received: "recibido",
        status: "estado",
        finished: "fin de envío",
        cancelled: "cancelada aquí",
        lost: "la llamada se cortó",
        overdue: "terminada aquí, al vencer el plazo",
        undelivered: "enviado, sin señal de que llegara",
        no_sign: "sin señal de que llegara",
        unreadable: |message| format!("(no es un {message})"),
        empty_message: "(vacío)",
        last_of: |kept, all| format!("Se conservan los últimos {kept} de {all} eventos."),
        new_below: |count| format!("nuevos: {count} ↓"),
    },
    outcome: Outcome {
        idle: "lista",
        waiting: "esperando",
        receiving: "recibiendo",
        open: "abierta",
        bytes_out: |bytes| format!("salida: {bytes}"),
        bytes_in: |bytes| format!("entrada: {bytes}"),
        sent: |count, bytes| format!("enviados: {count}, {bytes}"),
        received: |count, bytes| format!("recibidos: {count}, {bytes}"),
        to_send: |count| format!("por enviar: {count}"),
        round_trip: |time| format!("ida y vuelta mediana: {time}"),
        peer_says: "El par dice:",
        ended: |kind, status, took| format!("{kind}: {status} en {took}"),
        began: |kind| format!("{kind}: en curso"),
    },
    inspect: Inspect {
        tabs: |kind| format!("{kind}: inspeccionar"),
        messages: "Mensajes",
        headers: "Cabeceras",
        wire: "Bytes",
        copy_as: "Copiar como…",
        nothing_yet: "Todavía no ha cruzado nada. Enviar hace una llamada.",
        last_of: |shown, all| format!("Se muestran los últimos {shown} de {all}."),
        not_kept: "Los bytes de este mensaje ya no se conservan.",
        time: "Tiempo",
        direction: "Dirección",
        message: "Mensaje",
        size: "Tamaño",
        request_headers: "Metadatos de la petición",
        response_headers: "Cabeceras de la respuesta",
        trailers: "Metadatos finales (trailers)",
        no_request_headers: "todavía no se ha enviado nada",
        no_response_headers: "sin cabeceras de respuesta",
        no_trailers: "sin metadatos finales (trailers)",
        status: "Estado",
        not_ended: "La llamada no ha terminado.",
        headers_frame: "bloque de cabeceras",
        bytes: "Bytes",
        meaning: "Significado",
        copy: "Copiar",
        copied: "Copiado",
        not_copied: "El navegador no permitió copiar: seleccionar el texto y copiarlo a mano.",
    },
    peers: super::peers::SPANISH,
};
