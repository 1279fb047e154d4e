"""Resume, ids used again, forks, rewinds and states, as the documentation of each age promises them."""

from __future__ import annotations

import pytest

PROJECT = "lifecycle"

# fork_from came with 0.16.5, resume_from with 0.17.
FORKS = ("0.31.0", "0.21.4", "0.16.6")
REWINDS = ("0.31.0", "0.21.4")


def live_through_it(client):
    return client.script(
        "lifecycle",
        project=PROJECT,
        entity=client.entity,
        forks=client.age in FORKS,
        rewinds=client.age in REWINDS,
    )


@pytest.fixture
def life(lab, age) -> dict:
    return lab.outcome(age, live_through_it)


def needs(age, ages) -> None:
    if age not in ages:
        pytest.skip(f"wandb {age} cannot do this")


def test_resume_must__goes_on_where_the_run_ended(life):
    assert life["must"]["resumed"] and life["allow"]["resumed"]
    assert life["resumed"]["n"] == [0, 1, 2, 3, 4, 5]
    assert life["resumed"]["steps"] == [0, 1, 2, 3, 4, 5]
    assert life["resumed"]["summary"]["n"] == 5


def test_resume__keeps_what_was_set_and_adds_to_it(life):
    config = life["resumed"]["config"]
    assert (config["a"], config["b"]) == (1, 2)
    assert life["resumed"]["tags"] == ["kept"]
    assert life["resumed"]["notes"] == "kept too"


def test_resume_must__of_a_missing_run_is_an_error(life):
    assert life["must_missing"]["error"] is not None
    assert "not-there" in life["must_missing"]["message"]


def test_resume_never__of_an_existing_run_is_an_error(life):
    assert life["never_existing"]["error"] is not None
    assert "resumed" in life["never_existing"]["message"]


def test_resume__of_a_new_run_makes_it(life):
    assert life["never_new"]["id"] == "never-new" and not life["never_new"]["resumed"]
    assert life["allow_new"]["id"] == "allow-new" and not life["allow_new"]["resumed"]


def test_id_used_again__keeps_every_row_of_both(life, age):
    if age == "0.16.6":  # it writes from line 0 again, which replaces those lines
        assert life["reused"]["n"] == [10, 11, 2]
        return
    assert sorted(life["reused"]["n"]) == [0, 1, 2, 10, 11]
    assert life["reused"]["steps"] == [0, 0, 1, 1, 2]


def test_exit_code__decides_the_state(life):
    assert life["failed"]["state"] == "failed"
    assert life["resumed"]["state"] == "finished"
    assert life["empty"]["state"] == "finished" and life["empty"]["n"] == []


def test_resume__of_a_run_that_logged_nothing_begins_it(life):
    assert life["empty_resumed"]["n"] == [0]


def test_fork__has_its_parents_rows_up_to_the_step_and_its_own(life, age):
    needs(age, FORKS)
    assert life["child"]["n"] == [0, 1, 2, 3, 4, 100, 101]
    assert life["child"]["steps"] == [0, 1, 2, 3, 4, 5, 6]
    assert life["child"]["summary"]["n"] == 101


def test_fork__leaves_its_parent_alone(life, age):
    needs(age, FORKS)
    assert life["parent"]["n"] == list(range(10))
    assert life["parent"]["config"]["lr"] == 0.5


def test_rewind__drops_the_rows_after_the_step(life, age):
    needs(age, REWINDS)
    assert life["rewound"]["n"] == [0, 1, 2, 3, 4, 100, 101]
    assert life["rewound"]["steps"] == [0, 1, 2, 3, 4, 5, 6]
    assert life["rewound"]["summary"]["n"] == 101


def test_fork__of_a_missing_run_is_an_error(life, age):
    needs(age, FORKS)
    assert "not-there-at-all" in life["fork_of_missing"]["message"]


def test_rewind__of_a_missing_run_is_an_error(life, age):
    needs(age, REWINDS)
    assert life["rewind_of_missing"]["error"] is not None
