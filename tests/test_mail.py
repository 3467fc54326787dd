"""The subject of a mail names the school; its sender counts only where the workspace's own mail host confirms it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from limits import within
from mails import CONFIRMED, EDEXML, MAIL_HOST, SENDER, attach, forwarded, headers, mail, one_attachment, outlook, outlook_forwarded

from cito_numo.errors import CitoNumoError, Problem
from cito_numo.mail import Mail, doubt_about_sender, read_mail, read_msg, school_of

SCHOOLS = ("demo", "demo-college", "zuid")
ELSEWHERE = "iemand@elders.example"


def school(subject: str) -> str:
    """The school that a subject names, or the code of why not."""
    found = school_of(subject, SCHOOLS, "mail.eml")
    return found.kind.code if isinstance(found, Problem) else found


def school_of_mail(data: bytes) -> str:
    return school(read_mail(data, "mail.eml").subject)


def doubt(read: Mail | bytes, *mail_from: str, mail_host: str | None = MAIL_HOST) -> str | None:
    """The code of why a mail is not certain to come from these addresses."""
    message = read if isinstance(read, Mail) else read_mail(read, "mail.eml")
    problem = doubt_about_sender(message, mail_from or [SENDER], mail_host, "mail.eml")
    return problem.kind.code if problem else None


def doubt_with(*results: str) -> str | None:
    """The same of a mail from SENDER with these Authentication-Results headers."""
    return doubt(headers(f"From: {SENDER}", *(f"Authentication-Results: {result}" for result in results)))


# --- the subject -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "subject",
    [
        "demo-college",
        "Demo-College",
        "DEMO-COLLEGE",
        "o.v.v. demo-college",
        "O.V.V. Demo-College",
        "ovv demo-college",
        "o. v. v. demo-college",
        "o.v.v.: demo-college",
        "EDEXML o.v.v. demo-college",
        "onder vermelding van demo-college",
        "Onder vermelding van: demo-college",
        "Re: demo-college",
        "RE: FW: demo-college",
        "Fwd: demo-college",
        "Antw: demo-college",
        "Re[2]: demo-college",
        "[extern] demo-college",
        "[EXTERN] Re: [Ticket 12] demo-college",
        "FW: o.v.v. demo-college",
        '"demo-college"',
        "'demo-college'",
        "“demo-college”",
        "‘demo-college’",
        "„demo-college”",
        "«demo-college»",
        "Re: o.v.v. “Demo-College”",
        "demo college",
        "Demo  College",
        "o.v.v. 'Demo College'",
        "  demo-college  ",
        "demo-college.",
        "demo-college: edexml",
        "EDEXML demo-college",
        "Cito-importbestand demo-college (leerjaar 2)",
        "zuid o.v.v. demo-college",
    ],
)
def test_the_subject_names_the_school_however_people_write_it(subject: str):
    assert school(subject) == "demo-college"
    assert school_of_mail(bytes(mail(subject=subject))) == "demo-college"


@pytest.mark.parametrize("subject", ["demo", "Re: o.v.v. Demo", "EDEXML demo", "demo, leerjaar 2"])
def test_a_school_whose_name_begins_the_name_of_another_is_found_by_its_own_name(subject: str):
    assert school(subject) == "demo"


@pytest.mark.parametrize(
    "subject",
    [
        "EDEXML van demo college",
        "demo college, leerjaar 2",
        "EDEXML demo–college",
        "demo\u2011college",
        "edexml demo_college",
        "\ufffddemo college\ufffd",
    ],
)
def test_a_school_whose_name_begins_the_name_of_another_is_not_taken_for_it(subject: str):
    assert school(subject) != "demo"


@pytest.mark.parametrize("subject", ["demo en zuid", "demo-college en demo", "Re: zuid / demo-college", "o.v.v. zuid, demo"])
def test_a_subject_that_names_two_schools_names_none(subject: str):
    problem = school_of(subject, SCHOOLS, "mail.eml")
    assert isinstance(problem, Problem)
    assert problem.kind.code == "mail-no-school"
    assert ", " in str(problem.values["found"])


@pytest.mark.parametrize("subject", ["", "Re:", "edexml", "democollege", "demo-college-2", "mijn-demo", "noord", "o.v.v.", '""'])
def test_a_subject_that_names_no_school_of_the_workspace_names_none(subject: str):
    assert school(subject) == "mail-no-school"


@pytest.mark.parametrize(
    "line",
    [
        "=?utf-8?Q?o=2Ev=2Ev=2E_=E2=80=9Cdemo-college=E2=80=9D?=",
        "=?utf-8?B?ZGVtby1jb2xsZWdl?=",
        "=?iso-8859-1?Q?FW=3A_demo=2Dcollege?=",
        "=?windows-1252?Q?=93Demo_College=94?=",
        "FW: =?utf-8?Q?demo-?=\r\n =?utf-8?Q?college?=",
        "o.v.v.\r\n demo-college",
        "=?x-onbekend?Q?demo-college?=",
        "“demo-college”",
        "“demo college”",
    ],
)
def test_the_subject_is_read_in_every_encoding(line: str):
    assert school_of_mail(headers(f"Subject: {line}")) == "demo-college"


@pytest.mark.parametrize(
    "word",
    ["=?utf-8?B?!!!!?=", "=?utf-8?Q?=FF=FE?=", "=?idna?Q?=FF?=", "=?undefined?B?AAAA?=", "=?hex?Q?00?=", "=?\0?Q?x?=", "=?utf-8?B?A?="],
)
def test_a_subject_that_cannot_be_decoded_names_no_school(word: str):
    assert school_of_mail(headers(f"Subject: {word}")) == "mail-no-school"


def test_a_mail_without_a_subject_names_no_school():
    assert school_of_mail(headers(f"From: {SENDER}")) == "mail-no-school"


@pytest.mark.parametrize("part", ["re: ", "[extern] ", "o.v.v. ", "o ", "o      ", "demo ", "a", "=?utf-8?Q?a?= ", '"', "- ", "\t"])
def test_a_subject_of_a_megabyte_is_read_at_once(part: str):
    subject = part * ((1 << 20) // len(part))
    with within(3):
        assert school_of_mail(headers(f"Subject: {subject} zuid-oost")) in ("demo", "mail-no-school")


@pytest.mark.parametrize("subject", ["demo-college", "RE: o.v.v. “Demo College”", "EDEXML één demo-college"])
def test_the_subject_of_a_mail_from_outlook_names_the_school(subject: str):
    assert school(read_msg(outlook(subject=subject), "mail.msg").subject) == "demo-college"


def test_the_subject_of_the_outer_mail_counts_and_not_of_the_one_that_is_forwarded():
    assert school_of_mail(bytes(forwarded(mail(subject="zuid"), subject="FW: demo-college"))) == "demo-college"


# --- the sender ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sender",
    [
        SENDER,
        f"<{SENDER}>",
        f"Roosters <{SENDER}>",
        f'"Demo College, roosters" <{SENDER}>',
        f'"{ELSEWHERE}" <{SENDER}>',
        f"=?utf-8?Q?Ro=C3=B6sters?= <{SENDER}>",
        SENDER.upper(),
        f"Roosters\r\n <{SENDER}>",
    ],
)
def test_a_sender_of_the_school_is_confirmed_by_the_mail_host(sender: str):
    assert doubt(headers(f"From: {sender}", f"Authentication-Results: {CONFIRMED}")) is None


def test_an_address_of_mail_from_may_be_written_in_capitals():
    confirmed = headers(f"From: {SENDER}", f"Authentication-Results: {CONFIRMED}")
    assert doubt(confirmed, ELSEWHERE, SENDER.upper()) is None


@pytest.mark.parametrize(
    "sender",
    [
        ELSEWHERE,
        "Roosters",
        "",
        "roosters",
        f'"{SENDER}" <{ELSEWHERE}>',
        f"{SENDER} <{ELSEWHERE}>",
        f"<{SENDER}> <{ELSEWHERE}>",
        f"<{SENDER}>, <{ELSEWHERE}>",
        f"{ELSEWHERE}, {SENDER}",
        f"({SENDER}) {ELSEWHERE}",
        f"{ELSEWHERE} ({SENDER})",
        f"groep: {SENDER};",
        f"=?utf-8?Q?{SENDER.replace('@', '=40')}?= <{ELSEWHERE}>",
        "directie@demo-college.example",
        "roosters@demo-c0llege.example",
        "roosters@demo-college.example.elders.example",
        "roosters@mail.demo-college.example",
        "roosters@college.example",
        "roosters@dem\u043e-college.example",
        "roosters@demo-college.exampl\u0435",
        "roosters%demo-college.example@elders.example",
        "x.roosters@demo-college.example",
        "roosters@demo-college.example@elders.example",
    ],
)
def test_a_sender_who_is_not_the_school_is_refused(sender: str):
    assert doubt(headers(f"From: {sender}", f"Authentication-Results: {CONFIRMED}")) == "mail-sender"


@pytest.mark.parametrize("senders", [(), (SENDER, ELSEWHERE), (ELSEWHERE, SENDER), (SENDER, SENDER)])
def test_a_mail_without_a_sender_or_with_two_is_refused(senders: tuple[str, ...]):
    data = headers(*(f"From: {sender}" for sender in senders), f"Authentication-Results: {CONFIRMED}")
    assert doubt(data) == "mail-sender"


@pytest.mark.parametrize("name", ["Sender", "Reply-To", "X-From", "Return-Path", "Resent-From"])
def test_only_the_from_header_tells_the_sender(name: str):
    assert doubt(headers(f"{name}: {SENDER}", f"From: {ELSEWHERE}", f"Authentication-Results: {CONFIRMED}")) == "mail-sender"


def test_the_sender_of_a_forwarded_mail_does_not_count():
    original = mail(results=[CONFIRMED])
    assert doubt(bytes(forwarded(original, sender=ELSEWHERE))) == "mail-sender"
    assert doubt(bytes(forwarded(original, sender=SENDER))) == "mail-unconfirmed"


def test_a_mail_that_outlook_saved_says_nothing_that_could_be_confirmed():
    assert doubt(read_msg(outlook(), "mail.msg")) == "mail-outlook"


def test_nobody_is_confirmed_where_no_mail_host_is_configured():
    assert doubt(headers(f"From: {SENDER}", f"Authentication-Results: {CONFIRMED}"), mail_host=None) == "mail-no-host"


def test_nobody_is_confirmed_where_the_school_has_no_mail_from():
    message = read_mail(headers(f"From: {SENDER}", f"Authentication-Results: {CONFIRMED}"), "mail.eml")
    problem = doubt_about_sender(message, [], MAIL_HOST, "mail.eml")
    assert problem is not None
    assert problem.kind.code == "mail-sender"


@pytest.mark.parametrize("sender", ["\f" * 60_000, "\r\n" + " " * 60_000, "a " * 60_000, '"' * 60_000, "<" * 60_000, "a@" * 60_000])
def test_a_very_long_sender_is_refused_at_once(sender: str):
    with within(3):
        assert doubt(headers(f"From: {sender}", f"Authentication-Results: {CONFIRMED}")) == "mail-sender"


# --- what the mail host says (RFC 8601) ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "result",
    [
        f"{MAIL_HOST}; dkim=pass header.d=demo-college.example",
        f"{MAIL_HOST};dkim=pass header.d=demo-college.example;",
        f"{MAIL_HOST} 1; dkim=pass header.d=demo-college.example",
        f"{MAIL_HOST}; dkim/1=pass header.d=demo-college.example",
        f"{MAIL_HOST}; dkim = pass header.d = demo-college.example",
        f"{MAIL_HOST.upper()}; DKIM=PASS header.d=DEMO-COLLEGE.EXAMPLE",
        f"{MAIL_HOST}; dkim=pass header.d=demo-college.example.",
        f"{MAIL_HOST}; dkim=pass header.i=@demo-college.example header.s=mail header.d=demo-college.example header.b=abc",
        f"{MAIL_HOST} (wij); dkim (methode)=pass (2048-bit; onbeveiligd) header.d=demo-college.example (klopt)",
        f"{MAIL_HOST}; dkim=pass (een (geneste; (opmerking)) hier) header.d=demo-college.example",
        f"{MAIL_HOST}; dkim=pass (een haakje \\) en een \\( hier) header.d=demo-college.example",
        f'{MAIL_HOST}; dkim=pass reason="goede; handtekening" header.d=demo-college.example',
        f'{MAIL_HOST}; dkim=pass reason="hij zei \\"; dkim=fail" header.d=demo-college.example',
        f"{MAIL_HOST};\r\n\tdkim=pass\r\n header.d=demo-college.example\r\n header.s=mail",
        f"{MAIL_HOST}; spf=fail smtp.mailfrom=elders.example; dkim=pass header.d=demo-college.example; dmarc=pass",
        f"{MAIL_HOST}; dkim=fail header.d=elders.example; dkim=pass header.d=demo-college.example",
    ],
)
def test_the_mail_host_confirms_in_every_form_of_the_standard(result: str):
    assert doubt_with(result) is None


@pytest.mark.parametrize(
    "result",
    [
        "mx.elders.example; dkim=pass header.d=demo-college.example",
        f"mx.elders.example {MAIL_HOST}; dkim=pass header.d=demo-college.example",
        f"mx.elders.example ({MAIL_HOST}); dkim=pass header.d=demo-college.example",
        f"sub.{MAIL_HOST}; dkim=pass header.d=demo-college.example",
        f"{MAIL_HOST}.elders.example; dkim=pass header.d=demo-college.example",
        "dkim=pass header.d=demo-college.example",
        f"{MAIL_HOST}",
        f"{MAIL_HOST}; none",
        "",
        f"{MAIL_HOST}; dkim=fail header.d=demo-college.example",
        f"{MAIL_HOST}; dkim=neutral header.d=demo-college.example",
        f"{MAIL_HOST}; dkim=passed header.d=demo-college.example",
        f"{MAIL_HOST}; dkim=pass",
        f"{MAIL_HOST}; dkim=pass header.d=elders.example",
        f"{MAIL_HOST}; dkim=pass header.d=mail.demo-college.example",
        f"{MAIL_HOST}; dkim=pass header.d=example",
        f"{MAIL_HOST}; dkim=pass header.d=demo-college.example.elders.example",
        f"{MAIL_HOST}; dkim=pass header.d=xdemo-college.example",
        f"{MAIL_HOST}; dkim=pass header.from=demo-college.example",
        f"{MAIL_HOST}; dkim=fail header.d=demo-college.example; dkim=pass header.d=elders.example",
        f"{MAIL_HOST}; spf=pass smtp.mailfrom=demo-college.example; dmarc=pass header.from=demo-college.example",
        f"{MAIL_HOST}; dkim=fail (dkim=pass header.d=demo-college.example)",
        f"{MAIL_HOST}; dkim=fail (a (b) ; dkim=pass header.d=demo-college.example)",
        f"{MAIL_HOST}; dkim=fail (\\) ; dkim=pass header.d=demo-college.example)",
        f'{MAIL_HOST}; dkim=fail reason="; dkim=pass header.d=demo-college.example"',
        f'{MAIL_HOST}; dkim=fail reason="\\"; dkim=pass header.d=demo-college.example"',
        f'{MAIL_HOST}; dkim=fail reason="; dkim=pass header.d=demo-college.example',
        f"{MAIL_HOST}; dkim=fail (; dkim=pass header.d=demo-college.example",
        f"{MAIL_HOST}; spf=pass smtp.mailfrom=dkim=pass@elders.example header.d=demo-college.example",
        f"{MAIL_HOST}; dkim=fail header.d=demo-college.example dkim=pass",
        f"{MAIL_HOST}; dkim=pass header.d=elders.example header.d=demo-college.example",
        f"{MAIL_HOST}; dkim=pass header.d=elders.example header.i=x header.d=demo-college.example @elders.example",
        f"{MAIL_HOST}; x-dkim=pass header.d=demo-college.example",
        f"({MAIL_HOST}); dkim=pass header.d=demo-college.example",
    ],
)
def test_nothing_less_than_a_pass_of_our_host_for_the_very_domain_confirms(result: str):
    assert doubt_with(result) == "mail-unconfirmed"


def test_a_mail_without_results_is_unconfirmed():
    assert doubt_with() == "mail-unconfirmed"


def test_two_statements_on_dkim_in_the_name_of_our_host_are_a_forgery():
    assert doubt_with(CONFIRMED, CONFIRMED) == "mail-forged"
    assert doubt_with(f"{MAIL_HOST}; dkim=none", CONFIRMED) == "mail-forged"
    assert doubt_with(CONFIRMED, f"{MAIL_HOST.upper()}; spf=pass; dkim=fail header.d=elders.example") == "mail-forged"


def test_our_host_may_state_dkim_and_dmarc_apart_and_other_hosts_may_state_anything():
    dmarc = f"{MAIL_HOST}; dmarc=pass header.from=demo-college.example"
    assert doubt_with(CONFIRMED, dmarc) is None
    assert doubt_with(dmarc, CONFIRMED) is None
    assert doubt_with("mx.elders.example; dkim=fail header.d=demo-college.example", CONFIRMED) is None
    assert doubt_with(dmarc, dmarc) == "mail-unconfirmed"


@pytest.mark.parametrize("name", ["ARC-Authentication-Results", "X-Authentication-Results", "Authentication-Results-Original", "Received"])
def test_only_the_header_of_the_standard_counts(name: str):
    assert doubt(headers(f"From: {SENDER}", f"{name}: {CONFIRMED}")) == "mail-unconfirmed"


def test_results_in_the_text_or_in_a_part_do_not_count():
    inside = one_attachment(f"Authentication-Results: {CONFIRMED}", data=EDEXML, head=[f"From: {SENDER}"])
    assert doubt(inside) == "mail-unconfirmed"
    assert doubt(headers(f"From: {SENDER}", body=f"\r\nAuthentication-Results: {CONFIRMED}\r\n".encode())) == "mail-unconfirmed"


def test_a_header_too_long_to_be_read_whole_does_not_confirm_by_where_it_is_cut():
    signed = "dkim=pass header.d=demo-college.example.elders.example"
    beginning = f"{MAIL_HOST}; dkim=pass header.d=elders.example header.s="
    for length in range(3900, 4200):
        padding = "s" * (length - len(beginning))
        assert doubt_with(f"{beginning}{padding}; {signed}") == "mail-unconfirmed", length


@pytest.mark.parametrize("ending", ["\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_what_only_some_programs_take_for_the_end_of_a_line_begins_no_header(ending: str):
    smuggled = f"X-Tekst: a{ending}Authentication-Results: {CONFIRMED}"
    with_results = headers(f"From: {SENDER}", smuggled)
    assert _doubt_or_refusal(with_results) is not None
    sender_too = headers(f"Authentication-Results: {CONFIRMED}", f"Subject: a{ending}From: {SENDER}")
    assert _doubt_or_refusal(sender_too) is not None


def _doubt_or_refusal(data: bytes) -> str | None:
    try:
        return doubt(data)
    except CitoNumoError as refusal:
        return refusal.problems[0].kind.code


TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60),
    st.lists(
        st.sampled_from(
            [
                MAIL_HOST,
                CONFIRMED,
                "dkim=pass",
                "header.d=demo-college.example",
                ";",
                "(",
                ")",
                '"',
                "\\",
                " ",
                "=",
                "\r\n ",
                "\r\n\t",
                "1",
                "a",
            ]
        ),
        max_size=14,
    ).map("".join),
)


@given(TEXTS, TEXTS, TEXTS)
@example(f") ; {CONFIRMED}", f"\r\n {CONFIRMED}", f'" ; {CONFIRMED} "')
def test_no_text_of_an_outsider_confirms_a_sender(in_results: str, in_subject: str, in_our_results: str):
    quoted = in_our_results.replace("\r\n", "").replace("\\", "\\\\").replace('"', '\\"')
    comment = in_our_results.replace("\r\n", "").replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    data = headers(
        f"Authentication-Results: mx.elders.example; {in_results}",
        f'Authentication-Results: {MAIL_HOST}; spf=fail ({comment}) reason="{quoted}"; dkim=pass ({comment}) header.d=elders.example',
        f"From: {SENDER}",
        f"Subject: {in_subject}",
        f"X-Tekst: {in_subject}",
    )
    assert doubt(data) == "mail-unconfirmed"


@given(TEXTS)
@example(f"{SENDER}, ")
def test_no_display_name_makes_a_stranger_a_sender_of_the_school(text: str):
    quoted = text.replace("\r\n", "").replace("\\", "\\\\").replace('"', '\\"')
    data = headers(f'From: "{quoted}" <{ELSEWHERE}>', f"Authentication-Results: {CONFIRMED}")
    assert doubt(data) == "mail-sender"


# --- what is attached ------------------------------------------------------------------------------------------------


def test_a_mail_gives_what_is_attached_with_its_name_and_not_its_text():
    read = read_mail(bytes(mail({"edexml.xml": EDEXML, "twee.xml": b"<EDEX/>"})), "mail.eml")
    assert [(attachment.name, attachment.data) for attachment in read.attachments] == [("edexml.xml", EDEXML), ("twee.xml", b"<EDEX/>")]


def test_a_mail_from_outlook_gives_what_is_attached_with_its_name():
    large = EDEXML + b"<!--" + b"x" * 10_000 + b"-->"
    read = read_msg(outlook({"één leerjaar.xml": EDEXML, "groot.xml": large}), "mail.msg")
    assert [(attachment.name, attachment.data) for attachment in read.attachments] == [("één leerjaar.xml", EDEXML), ("groot.xml", large)]


def test_an_attachment_without_a_name_is_called_after_its_kind():
    read = read_mail(bytes(attach(mail(), EDEXML, None, "application/xml")), "mail.eml")
    assert [attachment.name for attachment in read.attachments] == ["application-xml"]


@pytest.mark.parametrize("body", ["https://demo.sharepoint.com/x", "Zie https://we.tl/t-abc", "http://www.dropbox.com/s/1"])
def test_a_link_to_a_cloud_is_noticed_in_both_kinds_of_mail(body: str):
    assert read_mail(bytes(mail(body=body)), "mail.eml").links_to_a_cloud
    assert read_msg(outlook(body=body), "mail.msg").links_to_a_cloud


@pytest.mark.parametrize("body", ["https://demo-college.example/onedrive", "stuur het niet met dropbox.com", ""])
def test_other_links_are_not_taken_for_a_cloud(body: str):
    assert not read_mail(bytes(mail(body=body)), "mail.eml").links_to_a_cloud
    assert not read_msg(outlook(body=body), "mail.msg").links_to_a_cloud


@pytest.mark.parametrize("data", [b"", b"\n\n\n", b"zomaar tekst", b"\0" * 100, EDEXML])
def test_what_is_no_mail_is_told_as_such(data: bytes):
    for read in (read_mail, read_msg):
        with pytest.raises(CitoNumoError) as refused:
            read(data, "mail.eml")
        assert refused.value.problems[0].kind.code == "mail-damaged"


def test_what_is_attached_to_a_mail_that_outlook_attached_to_a_mail_is_found():
    read = read_msg(outlook_forwarded({"edexml.xml": EDEXML}), "mail.msg")

    assert [(attachment.name, attachment.data) for attachment in read.attachments] == [("edexml.xml", EDEXML)]


def test_a_mail_that_an_editor_gave_a_byte_order_mark_is_read():
    assert school_of_mail(b"\xef\xbb\xbfSubject: demo-college\r\nFrom: a@b.example\r\n\r\nHallo\r\n") == "demo-college"


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (f"dkim=pass header.i=@{SENDER.partition('@')[2]} header.s=s1 header.b=abc", None),
        (f"dkim=pass header.i={SENDER}", None),
        ("dkim=pass header.i=@elders.example", "mail-unconfirmed"),
        (f"dkim=pass header.d=elders.example header.i=@{SENDER.partition('@')[2]}", "mail-unconfirmed"),
        (f"dkim=pass header.i=@elders.example header.i=@{SENDER.partition('@')[2]}", "mail-unconfirmed"),
    ],
)
def test_a_host_that_writes_only_header_i_confirms_by_its_domain(results: str, expected: str | None):
    assert doubt_with(f"{MAIL_HOST}; {results}") == expected


@pytest.mark.parametrize("header", ["Subject: zuid", "Content-Type: multipart/mixed; boundary=x", "Date: Wed, 25 Nov 2026 08:00:00 +0100"])
def test_a_header_that_was_put_before_a_signed_mail_confirms_nobody(header: str):
    signed = headers(
        f"Authentication-Results: {CONFIRMED}", f"From: {SENDER}", header, "Subject: demo-college", "Content-Type: text/plain", header
    )
    assert doubt(signed) == "mail-tampered"


@pytest.mark.parametrize(
    "result",
    [
        f"dkim=fail header.d={SENDER.partition('@')[2]}; dkim=pass header.d={SENDER.partition('@')[2]}",
        f"dkim=pass header.d=a.example header.d=b.example header.i=@{SENDER.partition('@')[2]}",
    ],
)
def test_results_that_contradict_each_other_confirm_nobody(result: str):
    assert doubt_with(f"{MAIL_HOST}; {result}") == "mail-unconfirmed"


def test_two_addresses_in_from_are_nobody_in_particular():
    assert doubt(headers(f"Authentication-Results: {CONFIRMED}", f"From: leerling@elders.example, x <{SENDER}>")) == "mail-sender"
    assert doubt(headers(f"Authentication-Results: {CONFIRMED}", f'From: "Demo, D." <{SENDER}>')) is None


def test_a_parenthesis_that_closes_nothing_hides_nothing():
    assert doubt_with(f"{MAIL_HOST}; dkim=pass ) header.d={SENDER.partition('@')[2]}") is None
    assert doubt_with(f"{MAIL_HOST}; dkim=pass ) (header.d={SENDER.partition('@')[2]})") == "mail-unconfirmed"
