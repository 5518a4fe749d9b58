//! The view Peers in Spanish.

use tonic::Code;

use super::{Adding, Details, Diagnosis, Inviting, Notifying, Peers, Picture, Table};
use crate::model::peers::{
    diagnosis::{Mark, Step},
    evidence::Seen,
    peer::{Path, Relation, Source},
    picture::Look,
    work::{Deed, Sure},
};

/// The view Peers in Spanish.
pub(in crate::i18n) const SPANISH: Peers = Peers {
    title: "Pares",
    reachable: |count, of| format!("{count} de {of} al alcance. Sin servidor en el medio."),
    asking: "Buscando otros pares…",
    nobody: "Todavía no hay nadie más. Un par de la misma red aparece solo; para los demás, invitar a su persona o pegar su tiquete.",
    old: "El par de este equipo no está: así estaban las cosas.",
    network: |name, is_secret| {
        if is_secret {
            format!("Red “{name}”: nadie entra sin su secreto.")
        } else {
            format!("Red “{name}”.")
        }
    },
    this_peer: "este par",
    here: "presente",
    away: "ausente",
    unknown: "no se sabe",
    requests: |count| match count {
        1 => "1 solicitud de amistad".to_owned(),
        _ => format!("{count} solicitudes de amistad"),
    },
    asks: |name| format!("{name} pide amistad"),
    busy: "Se está haciendo algo con este par: esperar un momento",
    gone: "El par de este equipo no está: primero hay que iniciarlo de nuevo",
    picture: Picture {
        label: |count| {
            format!(
                "La red: este par en el centro y {count} a su alrededor. La tabla de abajo dice lo mismo en palabras."
            )
        },
        look: |look| match look {
            Look::Lan => "esta red",
            Look::Direct => "directo, por internet",
            Look::Relayed => "por un relevo",
            Look::None => "sin conexión",
            Look::Knows => "se conocen entre sí",
        },
        left_out: |count| format!("{count} más en la tabla."),
    },
    table: Table {
        label: "Los pares conocidos",
        peer: "Par",
        identity: "Identidad",
        path: "Camino",
        round_trip: "Ida y vuelta",
        last_seen: "Última vez",
        traffic: "Recibido / enviado",
        actions: "Acciones",
        relation: |relation| match relation {
            Relation::Stranger => "desconocido",
            Relation::Friend => "amigo",
            Relation::Blocked => "bloqueado",
        },
        means: |relation| match relation {
            Relation::Stranger => "Encontrado o presentado, y nada más: puede saludar y pedir ser amigo.",
            Relation::Friend => "Ambas personas acordaron ser amigas.",
            Relation::Blocked => "No se le responde nada.",
        },
        asks: "pide amistad",
        asked: "solicitud enviada, sin respuesta",
        doubtful: "nombre conocido, otra clave",
        path_is: |path| match path {
            Path::Lan => "esta red",
            Path::Direct => "directo",
            Path::Relayed => "por relevo",
        },
        never: "nunca",
        say_hello: "Saludar",
        details: "Más",
    },
    details: Details {
        fingerprint: "Huella",
        compare: "Leerla en voz alta: si es igual en ambos lados, es el mismo par.",
        own_name: "Se llama a sí mismo",
        version: "Versión",
        source: "Conocido",
        source_is: |source| match source {
            Source::Discovered => "encontrado en esta red",
            Source::Introduced => "presentado por otro par",
            Source::Ticket => "por un tiquete",
            Source::Called => "llegó por su cuenta",
        },
        first_seen: "Conocido desde",
        another_key: "Ya se conoce un par con este nombre, y tiene otra clave: este puede ser alguien más. Comparar las huellas antes de confiar.",
        name: "Nombre que se le da aquí",
        deed: |deed| match deed {
            Deed::Ask => "Pedir amistad",
            Deed::Accept => "Aceptar",
            Deed::Decline => "Rechazar",
            Deed::Remove => "Terminar la amistad",
            Deed::Name => "Cambiar el nombre",
            Deed::Block => "Bloquear",
            Deed::Unblock => "Desbloquear",
            Deed::Forget => "Olvidar",
            Deed::Ping => "Ping",
        },
        done: |deed| match deed {
            Deed::Ask => "Solicitud enviada. Su persona acepta o rechaza.",
            Deed::Accept => "Ahora son amigos.",
            Deed::Decline => "Solicitud rechazada. No se le avisa, y no puede volver a pedir por un día.",
            Deed::Remove => "Ya no son amigos.",
            Deed::Name => "Nombre cambiado.",
            Deed::Block => "Bloqueado. No se le responde nada.",
            Deed::Unblock => "Ya no está bloqueado. Ahora es un desconocido.",
            Deed::Forget => "Olvidado.",
            Deed::Ping => "Respondió.",
        },
        doing: "En curso…",
        sure: |sure| match sure {
            Sure::Remove => "¿Terminar la amistad? Para volver a ser amigos, alguien tiene que pedirlo.",
            Sure::BlockFriend => {
                "¿Bloquearlo? La amistad termina y no se le responde nada. Al desbloquearlo queda como desconocido, no como amigo."
            }
            Sure::BlockStranger => "¿Bloquearlo? No se le responde nada hasta desbloquearlo.",
            Sure::Forget => {
                "¿Olvidar su nombre y todo lo que hay entre ambos? Se puede encontrar de nuevo, como desconocido."
            }
        },
        keep: "Conservar",
        answered: |time, path| match path {
            Some(path) => format!("Respondió en {time} ({path})."),
            None => format!("Respondió en {time}."),
        },
    },
    diagnosis: Diagnosis {
        diagnose: "Diagnosticar",
        title: "Paso a paso",
        step: |step| match step {
            Step::Address => "Se conoce una dirección suya",
            Step::Packets => "Algo responde allí",
            Step::Handshake => "Demuestra ser este par, por su clave",
            Step::Admission => "Ambos están en una misma red y ninguno bloquea al otro",
            Step::Call => "Una llamada regresa",
        },
        mark: |mark| match mark {
            Mark::Passed => "bien",
            Mark::Failed => "falló",
            Mark::Trying => "probando…",
            Mark::Untried => "sin probar",
        },
        seen: |seen| match seen {
            Seen::Addresses(said) | Seen::Quote(said) => (*said).to_owned(),
            Seen::NoAddress => "no se conoce ninguna dirección suya".to_owned(),
            Seen::AddressesElsewhere => {
                "todas sus direcciones conocidas son de redes en las que este equipo no está".to_owned()
            }
            Seen::PacketsBy(address) => format!("los paquetes van y vienen por {address}"),
            Seen::Answered => "algo respondió".to_owned(),
            Seen::NoAnswer(seconds) => format!("sin respuesta en {seconds} segundos"),
            Seen::ItsKey => "demostró su clave".to_owned(),
            Seen::OtherKey => "lo que responde allí tiene otra clave".to_owned(),
            Seen::OtherVersion(version) => format!("habla otra versión que este par ({version})"),
            Seen::SameNetwork => "ambos son de la misma red".to_owned(),
            Seen::OtherNetwork => "es de otra red".to_owned(),
            Seen::OtherSecret => "el secreto de la red no es igual en ambos lados".to_owned(),
            Seen::BlockedHere => "está bloqueado aquí".to_owned(),
            Seen::BlockedThere => "su persona bloqueó a este par".to_owned(),
            Seen::CameBack(method) => format!("{method} regresó"),
            Seen::NoReply(seconds) => format!("recibió la llamada y no respondió en {seconds} segundos"),
            Seen::Unreachable => "no se puede alcanzar".to_owned(),
            Seen::Refused => "lo rechazó".to_owned(),
        },
        // What the peer on this computer says of it is in English.
        next: |step, _| {
            match step {
                Step::Address => "Pedir a su persona un tiquete nuevo y agregarlo aquí.",
                Step::Handshake => {
                    "Puede que otro par tenga ahora su dirección, o que su versión no se entienda con esta: pedir a su persona un tiquete nuevo y comparar las versiones."
                }
                Step::Packets => {
                    "Ver que esté en marcha, que ambos equipos estén en una misma red y que ningún cortafuegos descarte UDP hacia su puerto."
                }
                Step::Admission => {
                    "Comparar la red y su secreto en ambos lados, y ver que ninguno bloquee al otro."
                }
                Step::Call => "Está ahí y no responde llamadas: su terminal puede decir más.",
            }
            .to_owned()
        },
        try_next: "Ahora se puede intentar:",
        well: "Todos los pasos salieron bien: se llegó a este par.",
        made: |when| format!("Intento: {when}."),
        made_before_it_came: |when| format!("Intento: {when}, antes de que volviera."),
        made_before_it_went: |when| format!("Intento: {when}, antes de que se fuera."),
    },
    adding: Adding {
        open: "Agregar un amigo…",
        title: "Agregar un amigo",
        by_link: "Un enlace trajo este tiquete. Todavía no se ha hecho nada con él.",
        ticket: "Tiquete o enlace",
        hint: "Se obtiene con Invitar, o con `parcero ticket`.",
        reading: "Leyendo el tiquete…",
        no_ticket: "Esto no es un tiquete: es una sola palabra larga que empieza por “parcero”, o un enlace que termina en una.",
        damaged: "Empieza como un tiquete, pero está incompleto o mal escrito: copiarlo completo otra vez.",
        whose: |name| format!("Es un tiquete de {name}."),
        whose_unknown: "Es un tiquete de un par que todavía no se conoce aquí.",
        reached_at: |addresses| format!("Dice que se alcanza en {addresses}."),
        with_invitation: "Lleva una invitación: serán amigos de inmediato. Antes, comparar la huella con esa persona.",
        without_invitation: "No lleva invitación: el par queda como conocido, sin amistad. Después se le puede pedir.",
        own: "Es un tiquete de este mismo par. Es para dárselo a alguien más.",
        is_friend: "Ya son amigos.",
        is_blocked: "Este par está bloqueado: desbloquearlo primero.",
        name: "Nombre que se le da aquí (o dejarlo vacío)",
        add: "Agregar",
        cancel: "Cancelar",
        friends_now: "Ahora son amigos.",
        friends_soon: "No se puede alcanzar ahora. La invitación se guarda y se usa en cuanto se pueda.",
        known_now: "Ya se conoce, como desconocido: se le puede pedir amistad.",
    },
    inviting: Inviting {
        open: "Invitar…",
        title: "Invitar a un amigo",
        intro: "Quien use una invitación queda como amigo de inmediato. Entregarla como se entrega una llave.",
        uses: "Para cuántos amigos",
        bad_uses: "Un número entero de 1 a 1.000.",
        valid_for: "Vale por",
        hour: "una hora",
        day: "un día",
        week: "una semana",
        month: "30 días",
        make: "Hacer una invitación",
        ticket: "Tiquete",
        link: "Enlace",
        link_hint: "El enlace abre la página propia de esa persona, donde un par esté en marcha.",
        code: "El tiquete como código QR",
        secret: "Solo se muestra ahora: copiarla antes de cerrar.",
        open_ones: "Invitaciones abiertas",
        none: "Ninguna que todavía se pueda usar.",
        uses_left: |count| match count {
            1 => "queda 1 uso".to_owned(),
            _ => format!("quedan {count} usos"),
        },
        expires: |when| format!("termina {when}"),
        revoke: "Revocar",
        close: "Cerrar",
    },
    notifying: Notifying {
        label: "Avisar cuando alguien pida ser amigo",
        denied: "El navegador no le permite a esta página avisar. Se puede cambiar en la configuración del sitio.",
        body: "Aceptar o rechazar en la vista Pares.",
    },
    failed: |code| match code {
        Code::Unavailable => {
            Some("No se puede alcanzar ahora. Diagnosticar muestra dónde termina el camino.")
        }
        Code::PermissionDenied => Some("Lo rechazó."),
        Code::NotFound => Some("De esto ya no hay nada; la lista muestra cómo están las cosas."),
        Code::FailedPrecondition => Some("Está bloqueado aquí. Desbloquearlo primero."),
        Code::InvalidArgument => Some("Así no se puede hacer."),
        _ => None,
    },
};
