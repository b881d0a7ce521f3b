use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;

use super::absences::{absences, away, day, record};
use super::world::{World, id, mask, reason_of, take};

/// Somebody with a role, as a caller.
async fn caller(world: &World, role: &'static str) -> Caller {
    let person = world.person(&world.admin, role, "", role).await;
    Caller {
        person: Some(id(&person.name)),
        ..Caller::person(world.tenant, role)
    }
}

#[tokio::test]
async fn sellers_keep_their_own_and_managers_those_of_their_teams() {
    let world = World::new().await;
    let team = world.team("北京", "", "").await;
    let (mine, other) = (world.seller(&team.name).await, world.seller("").await);
    let deputy = world.admin.person_name();
    let own = away("", &deputy, day(5, 1), day(5, 2));
    let made = record(&mut absences(&world, &mine), own).await;
    assert_eq!(made.person, mine.person_name());
    let foreign = away(&other.person_name(), &deputy, day(5, 1), day(5, 2));
    assert_eq!(
        reason_of(
            absences(&world, &mine)
                .create_absence(foreign.clone())
                .await
        ),
        "PERMISSION_DENIED"
    );
    let sighted = Caller {
        roles: vec!["seller", "viewer"],
        visibility: RoleVisibility::All,
        ..mine.clone()
    };
    assert_eq!(
        reason_of(
            absences(&world, &sighted)
                .create_absence(foreign.clone())
                .await
        ),
        "PERMISSION_DENIED",
        "who sees everything does not thereby manage it"
    );
    let manager = caller(&world, "sales_manager")
        .await
        .in_team(id(&team.name));
    let mut managed = absences(&world, &manager);
    let revoke = RevokeAbsenceRequest {
        name: made.name.clone(),
        ..Default::default()
    };
    assert_eq!(
        reason_of(
            absences(&world, &other)
                .revoke_absence(revoke.clone())
                .await
        ),
        "PERMISSION_DENIED"
    );
    let update = UpdateAbsenceRequest {
        absence: Some(Absence {
            reason: "x".to_owned(),
            ..made
        }),
        update_mask: mask(&["reason"]),
        ..Default::default()
    };
    assert_eq!(
        reason_of(absences(&world, &other).update_absence(update).await),
        "PERMISSION_DENIED"
    );
    take(managed.revoke_absence(revoke).await);
    record(
        &mut managed,
        away(&mine.person_name(), &deputy, day(7, 1), day(7, 2)),
    )
    .await;
    assert_eq!(
        reason_of(managed.create_absence(foreign).await),
        "PERMISSION_DENIED"
    );
    let viewer = caller(&world, "viewer").await;
    let own = away("", &deputy, day(5, 1), day(5, 2));
    assert_eq!(
        reason_of(absences(&world, &viewer).create_absence(own).await),
        "PERMISSION_DENIED"
    );
}
