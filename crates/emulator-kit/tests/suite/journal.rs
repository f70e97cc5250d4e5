//! What the emulator saw.

use crate::echo::{EchoEmulator, Fault};

#[tokio::test]
async fn requests_are_there_in_the_order_of_arrival_with_their_connection() {
    let emulator = EchoEmulator::start().await;
    let journal = &emulator.echo.journal;
    let (one, two) = (emulator.http_client(), emulator.http_client());
    emulator.echo.faults.inject(Fault::status(500, "").skip(1).once());
    for http in [&one, &one, &two] {
        emulator.send(http, "/", "").await.unwrap();
    }
    let seen: Vec<_> = journal
        .requests()
        .iter()
        .map(|seen| (seen.connection, seen.status))
        .collect();
    assert_eq!(seen, [(1, 200), (1, 500), (2, 200)]);
    assert_eq!(journal.connections(), 2);
    let mut failed = 0;
    journal.each(|seen| failed += usize::from(seen.status == 500));
    assert_eq!(failed, 1);

    journal.clear();
    assert_eq!((journal.requests().len(), journal.connections()), (0, 0));
    emulator.send(&two, "/", "").await.unwrap();
    assert_eq!(journal.requests()[0].connection, 2, "numbers go on");
}

#[tokio::test]
async fn a_request_that_was_cleared_while_it_was_answered_stays_forgotten() {
    let emulator = EchoEmulator::start().await;
    let journal = &emulator.echo.journal;
    let http = emulator.http_client();
    emulator.send(&http, "/", "").await.unwrap();
    let first = journal.requests()[0].clone();
    let id = journal.arrived(|_| first.clone());
    journal.clear();
    journal.change(id, |seen| seen.status = 500);
    assert!(journal.requests().is_empty());
}
