"""What is said about reports, and stars: who reads, who writes, who hears of it."""

from __future__ import annotations

import pytest

from tests.api.test_shares import CREATE, look, specify
from tests.api.test_views import DELETE, refusal, save, team  # noqa: F401  (team is a fixture)

THREAD = "thread { id quote resolvedAt resolvedBy { username } comments { id body editedAt username user { username } } }"
BEGIN = f"mutation($input: CreateDiscussionThreadInput!) {{ createDiscussionThread(input: $input) {{ {THREAD} }} }}"
SAY = f"mutation($input: CreateDiscussionCommentInput!) {{ createDiscussionComment(input: $input) {{ {THREAD} }} }}"
EDIT = f"mutation($input: UpdateDiscussionCommentInput!) {{ updateDiscussionComment(input: $input) {{ {THREAD} }} }}"
DROP = f"mutation($input: DeleteDiscussionCommentInput!) {{ deleteDiscussionComment(input: $input) {{ {THREAD} }} }}"
RESOLVE = f"mutation($input: ResolveDiscussionThreadInput!) {{ resolveDiscussionThread(input: $input) {{ {THREAD} }} }}"
READ = "query($id: ID!) { view(id: $id) { discussionThreads { quote resolvedAt comments { body username } } } }"
STAR = "mutation($input: StarViewInput!) { starView(input: $input) { view { starCount starred } } }"
UNSTAR = "mutation($input: UnstarViewInput!) { unstarView(input: $input) { view { starCount starred } } }"
STARRED = "{ viewer { starredViews { displayName starCount project { name } } } }"
NOTICES = "{ viewer { notifications { kind level title text username viewId entityName projectName runName } } }"


def ask(user, mutation, **values):
    (answer,) = user.graphql(mutation, {"input": values}).values()
    return answer["thread"]


def bodies(thread) -> list[str]:
    return [comment["body"] for comment in thread["comments"]]


def heard(user) -> list[tuple[str, str]]:
    return [(n["level"], n["text"]) for n in user.graphql(NOTICES)["viewer"]["notifications"] if n["kind"] == "comment"]


@pytest.fixture
def report(team):  # noqa: F811
    return save(team["admin"], team["name"], type="runs", displayName="What worked")["view"]["id"]


def test_threads__are_said_answered_settled_and_read(team, report):  # noqa: F811
    thread = ask(team["member"], BEGIN, viewId=report, quote="some words", body="  Why? \n")
    assert thread["quote"] == "some words" and bodies(thread) == ["Why?"]
    assert thread["comments"][0]["user"] == {"username": team["member"].name}
    thread = ask(team["admin"], SAY, threadId=thread["id"], body="Because.")
    assert bodies(thread) == ["Why?", "Because."] and thread["resolvedAt"] is None
    thread = ask(team["member"], RESOLVE, id=thread["id"], resolved=True)
    assert thread["resolvedAt"] is not None and thread["resolvedBy"] == {"username": team["member"].name}
    thread = ask(team["admin"], SAY, threadId=thread["id"], body="And yet.")
    assert thread["resolvedAt"] is None, "who says more opens it again"
    read = team["viewer"].graphql(READ, {"id": report})["view"]["discussionThreads"]
    assert [c["body"] for c in read[0]["comments"]] == ["Why?", "Because.", "And yet."]
    assert ask(team["member"], RESOLVE, id=thread["id"], resolved=False)["resolvedBy"] is None


def test_comments__are_changed_by_their_author_and_deleted_by_administrators_too(team, report):  # noqa: F811
    thread = ask(team["member"], BEGIN, viewId=report, body="one")
    thread = ask(team["admin"], SAY, threadId=thread["id"], body="two")
    mine, theirs = thread["comments"]
    assert mine["editedAt"] is None
    changed = ask(team["member"], EDIT, id=mine["id"], body="one, changed")
    assert bodies(changed) == ["one, changed", "two"] and changed["comments"][0]["editedAt"] is not None
    assert refusal(ask, team["admin"], EDIT, id=mine["id"], body="x").code == "FORBIDDEN"
    assert refusal(ask, team["member"], DROP, id=theirs["id"]).code == "FORBIDDEN"
    assert bodies(ask(team["admin"], DROP, id=mine["id"])) == ["two"]
    assert ask(team["admin"], DROP, id=theirs["id"]) is None, "the last takes its thread along"
    assert team["member"].graphql(READ, {"id": report})["view"]["discussionThreads"] == []
    assert refusal(ask, team["admin"], SAY, threadId=thread["id"], body="x").code == "NOT_FOUND"


def test_strangers_see_nothing_and_viewers_say_nothing(team, report):  # noqa: F811
    thread = ask(team["member"], BEGIN, viewId=report, body="ours")
    comment = thread["comments"][0]["id"]
    for mutation, values in [
        (BEGIN, {"viewId": report, "body": "x"}), (SAY, {"threadId": thread["id"], "body": "x"}),
        (RESOLVE, {"id": thread["id"], "resolved": True}), (EDIT, {"id": comment, "body": "x"}), (DROP, {"id": comment}),
    ]:  # fmt: skip
        assert refusal(ask, team["viewer"], mutation, **values).code == "FORBIDDEN"
        assert refusal(ask, team["stranger"], mutation, **values).code == "NOT_FOUND"
    assert team["stranger"].graphql(READ, {"id": report}) == {"view": None}


@pytest.mark.parametrize(("values", "words"), [({"body": "  "}, "needs words"), ({"body": "x" * 10001}, "10000"),
                                               ({"body": "x", "quote": "q" * 2001}, "2000"), ({"body": "x", "viewId": "bm8="}, "no such view")])  # fmt: skip
def test_bad_comments__are_refused_in_words(team, report, values, words):  # noqa: F811
    assert words in str(refusal(ask, team["member"], BEGIN, **{"viewId": report, **values}))
    assert team["member"].graphql(READ, {"id": report})["view"]["discussionThreads"] == []


def test_who_is_named_hears_of_it_and_so_do_author_and_those_who_spoke(team, report):  # noqa: F811
    admin, member, viewer, stranger = (team[who] for who in ("admin", "member", "viewer", "stranger"))
    body = f"@{viewer.name}, @{stranger.name} and @{member.name}: look. mail@{viewer.name}"
    thread = ask(member, BEGIN, viewId=report, body=body)
    assert heard(viewer) == [("MENTION", body)]
    assert heard(admin) == [("REPLY", body)], "the report's author"
    assert heard(stranger) == [] and heard(member) == [], "not who may not read it, nor who said it"
    ask(admin, SAY, threadId=thread["id"], body="Seen.")
    assert heard(member) == [("REPLY", "Seen.")] and len(heard(viewer)) == 1
    notice = next(n for n in viewer.graphql(NOTICES)["viewer"]["notifications"] if n["kind"] == "comment")
    assert (notice["title"], notice["viewId"], notice["username"], notice["runName"]) == ("What worked", report, member.name, None)
    admin.graphql(DELETE, {"input": {"id": report}})
    assert heard(viewer) == []


@pytest.mark.parametrize("kind", [{"type": "runs/draft"}, {"type": "project-view", "name": "nw-mine-v", "private": True}])
def test_a_draft_is_nobody_elses_to_hear_of_nor_is_a_private_view(team, kind):  # noqa: F811
    draft = save(team["member"], team["name"], **kind)["view"]["id"]
    ask(team["member"], BEGIN, viewId=draft, body=f"@{team['viewer'].name} @{team['admin'].name}")
    assert heard(team["viewer"]) == [] and len(heard(team["admin"])) == 1
    assert team["viewer"].graphql(READ, {"id": draft}) == {"view": None}


def test_what_is_made_private_is_heard_of_no_more(team):  # noqa: F811
    view = save(team["member"], team["name"], type="runs")["view"]["id"]
    ask(team["member"], BEGIN, viewId=view, body=f"@{team['viewer'].name} @{team['admin'].name}")
    assert len(heard(team["viewer"])) == 1
    save(team["member"], team["name"], id=view, private=True)
    assert heard(team["viewer"]) == [] and len(heard(team["admin"])) == 1


def test_who_follows_a_link_reads_nothing_of_what_is_said(server, team, report):  # noqa: F811
    ask(team["member"], BEGIN, viewId=report, quote="the quoted words", body="what was said")
    made = team["admin"].graphql(CREATE, {"viewId": report, "projects": specify((team["name"], "p"))})
    shown = look(server, made["createAccessToken"]["accessToken"]["token"])
    assert shown.json()["report"]["displayName"] == "What worked"
    assert not any(words in shown.text for words in ("the quoted words", "what was said", team["member"].name))


def test_stars__are_ones_own_and_counted(team, report):  # noqa: F811
    def star(user, mutation=STAR):
        (answer,) = user.graphql(mutation, {"input": {"id": report}}).values()
        return answer["view"]

    assert star(team["viewer"]) == {"starCount": 1, "starred": True} == star(team["viewer"])
    assert star(team["member"]) == {"starCount": 2, "starred": True}
    (kept,) = team["member"].graphql(STARRED)["viewer"]["starredViews"]
    assert kept == {"displayName": "What worked", "starCount": 2, "project": {"name": "p"}}
    assert star(team["member"], UNSTAR) == {"starCount": 1, "starred": False}
    assert team["member"].graphql(STARRED)["viewer"]["starredViews"] == []
    assert refusal(star, team["stranger"]).code == "NOT_FOUND"
    team["admin"].graphql(DELETE, {"input": {"id": report}})
    assert team["viewer"].graphql(STARRED)["viewer"]["starredViews"] == []


def test_all_of_it_goes_with_the_project(team, report):  # noqa: F811
    ask(team["member"], BEGIN, viewId=report, body=f"@{team['viewer'].name}")
    team["viewer"].graphql(STAR, {"input": {"id": report}})
    project = team["admin"].graphql('query($e: String) { project(name: "p", entityName: $e) { id } }', {"e": team["name"]})["project"]["id"]
    team["admin"].graphql("mutation($id: String!) { deleteModel(input: {id: $id}) { success } }", {"id": project})
    assert heard(team["viewer"]) == [] and team["viewer"].graphql(STARRED)["viewer"]["starredViews"] == []
