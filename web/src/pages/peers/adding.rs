//! Adding a friend: reading a ticket, asking the person, and only then using it.

use contract::parcero::v1::{AddFriendRequest, InspectTicketRequest};
use leptos::{html::Dialog, prelude::*};
use tonic::Code;

use super::desk::Desk;
use crate::{
    browser::Task,
    model::peers::{
        adding::{Form, Seen, Ticket},
        join::{is_like_a_ticket, ticket_of},
        peer::Peer,
        work::Outcome,
    },
    pages::{route::Route, shortcuts},
};

/// The dialog and what stands in it. A cheap copy of a handle.
#[derive(Clone, Copy)]
pub(super) struct Adding {
    pub(super) form: RwSignal<Form>,
    dialog: NodeRef<Dialog>,
    desk: Desk,
    /// Reads the ticket that was pasted last; or uses it.
    task: StoredValue<Option<Task>>,
}

impl Adding {
    pub(super) fn new(desk: Desk, dialog: NodeRef<Dialog>) -> Self {
        Self {
            form: RwSignal::default(),
            dialog,
            desk,
            task: StoredValue::new(None),
        }
    }

    /// Opens the dialog whenever a link brings a ticket.
    pub(super) fn take_from(self, route: Route) {
        Effect::new(move || {
            // The dialog has to be in the page first.
            if self.dialog.get().is_some()
                && let Some(ticket) = route.ticket.get()
            {
                route.ticket.set(None);
                self.open(ticket);
            }
        });
    }

    /// Opens the dialog with a ticket that a link brought, or with none.
    pub(super) fn open(self, ticket: String) {
        self.form.set(Form {
            is_by_link: !ticket.is_empty(),
            ..Form::default()
        });
        self.paste(ticket);
        shortcuts::show(self.dialog);
    }

    /// Takes what was pasted, and asks the peer on this computer whose ticket it is. Nothing is changed by that.
    pub(super) fn paste(self, text: String) {
        let ticket = ticket_of(&text).to_owned();
        let seen = match (ticket.is_empty(), is_like_a_ticket(&ticket)) {
            (true, _) => Seen::Nothing,
            (false, false) => Seen::not_a_ticket(&ticket),
            (false, true) => Seen::Reading,
        };
        let is_worth_asking = seen == Seen::Reading;
        self.form.update(|form| {
            form.pasted = text;
            form.seen = seen;
            form.failed = None;
            form.is_adding = false;
        });
        self.task.set_value(is_worth_asking.then(|| {
            let mut client = self.desk.client();
            Task::spawn(async move {
                let request = InspectTicketRequest {
                    ticket: ticket.clone(),
                };
                let seen = match client.inspect_ticket(request).await {
                    Ok(info) => Seen::Ticket(Box::new(Ticket::read(&info.into_inner()))),
                    Err(status) if status.code() == Code::InvalidArgument => Seen::not_a_ticket(&ticket),
                    Err(status) => {
                        self.form.update(|form| form.failed = Some(status));
                        Seen::Nothing
                    }
                };
                self.form.update(|form| form.seen = seen);
            })
        }));
    }

    /// Uses the ticket, as its person said so.
    pub(super) fn add(self) {
        let Some(request) = self.form.with_untracked(|form| {
            let may = form.may_add() && !form.is_adding;
            may.then(|| AddFriendRequest {
                ticket: ticket_of(&form.pasted).to_owned(),
                name: form.name.trim().to_owned(),
            })
        }) else {
            return;
        };
        self.form.update(|form| {
            form.is_adding = true;
            form.failed = None;
        });
        let mut client = self.desk.client();
        self.task.set_value(Some(Task::spawn(async move {
            match client.add_friend(request).await {
                Ok(info) => {
                    let peer = Peer::read(&info.into_inner());
                    if let Some(dialog) = self.dialog.get_untracked() {
                        dialog.close();
                    }
                    self.form.set(Form::default());
                    self.desk.tell(&peer.id.clone(), Outcome::added(&peer));
                }
                Err(status) => self.form.update(|form| {
                    form.is_adding = false;
                    form.failed = Some(status);
                }),
            }
        })));
    }
}
