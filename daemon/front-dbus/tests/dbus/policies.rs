//! Policy files for dbus-daemon, under a real one.

use beid_front_dbus::{Audience, Bus};
use beid_testkit::daemon::{Desk, Person};
use beid_testkit::{PrivateBus, workspace};
use futures_util::StreamExt;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Output};
use std::time::Duration;
use zbus::{MessageStream, connection, message};

/// Rules of Debian's `system.conf`: by default, nothing that a service does not allow itself.
const SYSTEM: &str = r#"<policy context="default"><allow user="*"/><deny own="*"/><deny send_type="method_call"/>
<allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/>
<allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/>
<allow send_destination="org.freedesktop.DBus"/></policy>"#;

/// Rules of Debian's `session.conf`: by default everything, to everybody who may connect.
const SESSION: &str = r#"<policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy>"#;

fn shipped(name: &str) -> String {
    std::fs::read_to_string(workspace().join("packaging/dbus").join(name)).unwrap()
}

/// Calls `Status` with busctl, as another user if `as_nobody`.
fn status(bus: &PrivateBus, as_nobody: bool) -> Output {
    let mut command = if as_nobody {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "busctl"]);
        command
    } else {
        Command::new("busctl")
    };
    command.args(["--address", bus.address(), "call", "org.beidd1", "/org/beidd1"]);
    command
        .args(["org.beidd1.Manager", "Status", "a{sv}", "0"])
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_system_bus_the_named_user_owns_the_name_and_calls_it_and_nobody_else_does() {
    let desk = Desk::open(Person::Declines).await;
    let user = Command::new("id").arg("-un").output().unwrap();
    let user = format!("user=\"{}\"", String::from_utf8(user.stdout).unwrap().trim());
    let template = shipped("org.beidd1.system.conf");
    assert_eq!(template.matches("user=\"beidd\"").count(), 1);
    // As it is shipped, this user is none that may own the name.
    let of_another =
        PrivateBus::start_with_policy("system", SYSTEM, &template.replace("user=\"beidd\"", "user=\"daemon\""));
    let refused = Bus::connect_to(desk.service.clone(), of_another.address(), Audience::OwnCallers, 0).await;
    assert!(refused.is_err());
    let ours = PrivateBus::start_with_policy("system", SYSTEM, &template.replace("user=\"beidd\"", &user));
    let front = Bus::connect_to(desk.service.clone(), ours.address(), Audience::OwnCallers, 0).await;
    tokio::spawn(front.unwrap().serve(desk.stop.clone()));
    let own = status(&ours, false);
    assert!(own.status.success(), "{}", String::from_utf8_lossy(&own.stderr));
    // Only root can become another user, so nobody else can run the rest of this test.
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        let said = String::from_utf8(status(&ours, true).stderr).unwrap();
        assert!(said.contains("Access denied") || said.contains("not allowed"), "{said}");
    }
}

/// Types of the messages of another program's call that a program on `bus` hears if it wants to hear everything.
async fn overheard(bus: &PrivateBus) -> Vec<message::Type> {
    let desk = Desk::open(Person::Declines).await;
    let front = Bus::connect_to(desk.service.clone(), bus.address(), Audience::Everybody, 0).await;
    tokio::spawn(front.unwrap().serve(desk.stop.clone()));
    let listener = connection::Builder::address(bus.address()).build().await.unwrap();
    let dbus = zbus::fdo::DBusProxy::new(&listener).await.unwrap();
    let mut heard = MessageStream::from(&listener);
    dbus.add_match_rule("eavesdrop='true'".try_into().unwrap())
        .await
        .unwrap();
    let answered = status(bus, false);
    let said = String::from_utf8_lossy(&answered.stderr).into_owned();
    assert!(answered.status.success(), "{said}");
    let mut types = Vec::new();
    while let Ok(Some(Ok(message))) = tokio::time::timeout(Duration::from_millis(500), heard.next()).await {
        if message.body().signature().to_string() == "a{sv}" {
            types.push(message.header().message_type());
        }
    }
    types
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_session_bus_nobody_overhears_calls_and_answers() {
    let without = PrivateBus::start_with_policy("session", SESSION, "<busconfig></busconfig>");
    let both = [message::Type::MethodCall, message::Type::MethodReturn];
    assert_eq!(overheard(&without).await, both, "without the policy, programs do");
    let with = PrivateBus::start_with_policy("session", SESSION, &shipped("org.beidd1.session.conf"));
    assert_eq!(overheard(&with).await, []);
}
