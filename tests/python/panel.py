"""Writes a corpus of true figures with planted errors, and what must be found in it: panel.py FOLDER.

Some two hundred real counties and their townships over six report years, 2018 to 2023, with invented figures and
sentences. All sums, carry-overs and repetitions in prose are right, but for the errors that truth.json lists. The same
bytes every time. check_panel.py compares a dataset made from it.
"""

import copy
import csv
import json
import random
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

DIVISIONS = Path(__file__).resolve().parents[2] / "data" / "places" / "divisions.tsv"
PROVINCES = ["13", "14", "21", "34", "35", "37", "41", "42"]
YEARS = range(2018, 2024)
COUNTIES = 205
COLUMNS = [
    "natural_person",
    "commercial_enterprise",
    "research_institution",
    "public_welfare_org",
    "legal_service_org",
    "other_org",
]
# Counties that were renamed or got another code: before, after, first year of the new one, whether it can be followed.
RENAMED = [
    ("341822", "341882", 2019, True),
    ("371523", "371503", 2019, True),
    ("410728", "410783", 2019, True),
    ("411626", "411603", 2019, True),
    ("130502", "130502", 2020, True),
    ("130503", "130503", 2020, True),
    ("130527", "130506", 2020, True),
    ("140726", "140703", 2020, True),
    ("340225", "340281", 2020, True),
    ("370684", "370614", 2020, True),
    ("340203", "340209", 2021, True),
    ("340222", "340212", 2021, True),
    ("350403", "350404", 2021, True),
    ("350427", "350405", 2021, True),
    ("350625", "350605", 2021, True),
    ("350681", "350604", 2021, True),
    ("410322", "410308", 2021, True),
    ("410381", "410307", 2021, True),
    ("421023", "421088", 2021, True),
    # Their towns tell who became what when neighbours ended in the same year.
    ("130526", "130505", 2020, True),
    ("340221", "340210", 2021, True),
    # The new county goes on as another one, which took this one over.
    ("320611", "320613", 2021, False),
]
# Of these the first year's reports are still under the old name.
LATE = ["340225", "350427"]
# Carried in is not what was carried out under the old name.
BROKEN_RENAMING = ["421023", "140726"]
EACH = 12
GRANTED, REFUSED, UNABLE, NOT_PROCESSED = (
    ["req_granted", "req_partial"],
    [
        "req_denied_state_secret",
        "req_denied_other_law",
        "req_denied_safety_stability",
        "req_denied_third_party",
        "req_denied_internal_affairs",
        "req_denied_process_info",
        "req_denied_enforcement_file",
        "req_denied_admin_query",
    ],
    ["req_unable_not_held", "req_unable_needs_creation", "req_unable_unclear"],
    ["req_np_petition", "req_np_duplicate", "req_np_publication", "req_np_abusive", "req_np_reconfirm"],
)
OTHER = {2019: ["req_other"], 2021: ["req_other_no_correction", "req_other_no_payment", "req_other_misc"]}
ITEMS = ["admin_license", "other_service", "admin_penalty", "admin_coercion", "admin_fee"]
SUITS = ["review", "suit_direct", "suit_after_review"]
RESULTS = ["upheld", "corrected", "other", "pending"]


@dataclass
class Span:
    """A name and code that a body has in some years."""

    first: int
    last: int
    code: str
    names: list[str]


@dataclass
class Body:
    level: str
    spans: list[Span]
    followed: bool = True
    office: str = ""
    plan: dict = field(default_factory=dict)

    def at(self, year: int) -> Span:
        return next(span for span in self.spans if span.first <= year <= span.last)

    def followed_to(self, year: int) -> bool:
        """Whether the body of the year before is known to be this one."""
        return self.followed or year != self.spans[-1].first


@dataclass
class Report:
    """The figures of one body and year. `told` are those of sentences; `requests` are by column."""

    year: int
    told: dict
    cells: dict
    requests: dict | None
    words: int


def form(year: int) -> int:
    """The first year of the form that a year has; 0 is none."""
    return 0 if year < 2019 else 2019 if year < 2021 else 2021


# Places.


class Gazetteer:
    def __init__(self) -> None:
        self.by_code: dict[str, list[dict]] = {}
        self.townships: dict[str, list[dict]] = {}
        # The last years of places, by the code of what they lie in.
        self.ends: dict[str, set[int]] = {}
        with DIVISIONS.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        for row in rows:
            self.by_code.setdefault(row["code"], []).append(row)
            self.ends.setdefault(row["code"][: -2 if len(row["code"]) == 6 else -3], set()).add(int(row["to"] or 0))
            if len(row["code"]) == 9:
                self.townships.setdefault(row["code"][:6], []).append(row)

    def name(self, code: str, year: int) -> str | None:
        for row in self.by_code.get(code, []):
            if int(row["from"] or 0) <= year <= int(row["to"] or 9999):
                return row["name"]
        return None

    def names(self, code: str, year: int) -> list[str]:
        """Province, prefecture, county, township; counties directly under a province have no prefecture."""
        parts = [self.name(code[:digits], year) for digits in (2, 4, 6, 9) if digits <= len(code)]
        return [part for part in parts if part]

    def alive(self, county: str, first: int, last: int) -> dict[str, str]:
        """Towns of a county with one name through these years, by name; none whose name another one has or had then."""
        found: dict[str, list[tuple[str, bool]]] = {}
        for row in self.townships.get(county, []):
            since, until = int(row["from"] or 0), int(row["to"] or 9999)
            if since <= last + 1 and first - 1 <= until:
                found.setdefault(row["name"], []).append((row["code"], since <= first and last <= until))
        usual = (name for name in found if name.endswith(("镇", "乡", "街道")) and 2 < len(name) < 7)
        only = {name: found[name][0] for name in usual if len(found[name]) == 1}
        return {name: code for name, (code, is_whole) in only.items() if is_whole and code[6:] < "400"}


def steady_counties(gazetteer: Gazetteer) -> list[str]:
    """Counties that were the same in all years, and have towns."""
    taken = {code for pair in RENAMED for code in pair[:2]}
    codes = []
    for code, rows in gazetteer.by_code.items():
        is_county = len(code) == 6 and code[:2] in PROVINCES and code[4] != "7" and code not in taken
        if is_county and len(rows) == 1 and not rows[0]["from"] and not rows[0]["to"]:
            if len(gazetteer.alive(code, 2018, 2023)) >= 3:
                codes.append(code)
    return sorted(codes)


def families(rng: random.Random, gazetteer: Gazetteer) -> list[list[Body]]:
    """Each county with its townships."""
    found = []
    for code in sorted(rng.sample(steady_counties(gazetteer), COUNTIES - len(RENAMED))):
        towns = gazetteer.alive(code, 2018, 2023)
        codes = [code] + sorted(towns[name] for name in rng.sample(sorted(towns), 3 if rng.random() < 0.1 else 2))
        found.append([Body(level(one), [Span(2018, 2023, one, gazetteer.names(one, 2020))]) for one in codes])
    for old, new, first, followed in RENAMED:
        before, after = gazetteer.alive(old, 2018, first - 1), gazetteer.alive(new, first, 2023)
        towns = rng.sample(sorted(before.keys() & after.keys()), 2)
        # Under the late name the first year counts as one of the old.
        change = first + 1 if old in LATE else first
        pairs = [(old, new)] + [(before[name], after[name]) for name in towns]
        spans = [
            [
                Span(2018, change - 1, one, gazetteer.names(one, first - 1)),
                Span(change, 2023, other, gazetteer.names(other, first)),
            ]
            for one, other in pairs
        ]
        found.append([Body(level(one), span, followed) for (one, _), span in zip(pairs, spans)])
    return found


def level(code: str) -> str:
    return "county" if len(code) == 6 else "township"


# Figures.


def spread(rng: random.Random, count: int, keys: list[str], into: dict, column: int) -> None:
    """Gives each of so many requests one outcome, mostly the first ones."""
    for _ in range(count):
        key = rng.choices(keys, weights=[60 if key in GRANTED else 8 if key in UNABLE else 2 for key in keys])[0]
        into[key][column] += 1


def outcomes(year: int) -> list[str]:
    return GRANTED + REFUSED + UNABLE + NOT_PROCESSED + OTHER[form(year)]


def requests(rng: random.Random, body: Body, year: int, before: Report, is_steady: bool) -> dict:
    """Section III: what comes in is handled or carried out, column by column."""
    quiet = body.plan.get("quiet")
    most = [0] * 6 if quiet else [45, 12, 1, 2, 2, 3] if body.level == "county" else [4, 1, 0, 0, 0, 0]
    keys = outcomes(year)
    rows = {key: [0] * 6 for key in ["req_new", "req_carried_in", *keys, "req_carried_out"]}
    carried = before.requests["req_carried_out"] if before.requests else None
    rows["req_carried_in"] = list(carried or [before.told["received"] - before.told["closed"], 0, 0, 0, 0, 0])
    for column in range(6):
        least = rows["req_carried_in"][column] if is_steady else 0
        rows["req_new"][column] = least + rng.randint(most[column] // 8, most[column])
        all_in = rows["req_new"][column] + rows["req_carried_in"][column]
        out = least if is_steady else min(all_in, rng.choice([0, 0, 1, 2, 3]) if most[column] > 2 else 0)
        rows["req_carried_out"][column] = out
        spread(rng, all_in - out, keys, rows, column)
    return rows


def section_two(rng: random.Random, body: Body, year: int, before: Report, is_steady: bool) -> dict:
    size = {"county": 20, "department": 5, "township": 2}[body.level]
    if form(year) == 2021:
        return issued_documents(rng, size, before.cells, is_steady)
    cells: dict = {}
    for name in ["regulations", "normative_docs", "other_proactive_docs"]:
        made = 0 if name == "regulations" else rng.randint(1, size * 3)
        shown = rng.randint(0, made)
        past = before.cells.get(f"{name}_disclosed_total", 0 if name == "regulations" else rng.randint(0, size * 9))
        cells[f"{name}_newly_made"], cells[f"{name}_newly_disclosed"] = made, shown
        cells[f"{name}_disclosed_total"] = past + shown
    for name in ITEMS:
        past = before.cells.get(f"{name}_items_prev_year", rng.randint(size, size * 12))
        past += before.cells.get(f"{name}_items_change", 0)
        cells[f"{name}_items_prev_year"] = past
        cells[f"{name}_items_change"] = 0 if is_steady else rng.randint(-min(3, past // 2), 5)
        if name != "admin_fee":
            cells[f"{name}_decisions"] = rng.randint(1, size * 400)
    cells["central_procurement_projects"] = rng.randint(1, size * 10)
    cells["central_procurement_amount"] = rng.randint(100, size * 90_000) / 100
    return cells


def issued_documents(rng: random.Random, size: int, before: dict, is_steady: bool) -> dict:
    past = before.get("normative_docs_in_force")
    issued = 0 if is_steady and past is None else rng.randint(0, size)
    gone = 0 if past is None else issued if is_steady else rng.randint(0, min(past, size))
    in_force = issued + rng.randint(size, size * 12) if past is None else past + issued - gone
    return {
        "regulations_issued": 0,
        "regulations_repealed": 0,
        "regulations_in_force": 0,
        "normative_docs_issued": issued,
        "normative_docs_repealed": gone,
        "normative_docs_in_force": in_force,
        "admin_license_decisions": rng.randint(1, size * 900),
        "admin_penalty_decisions": rng.randint(0, size * 200),
        "admin_coercion_decisions": rng.randint(0, size * 9),
        "admin_fee_amount_wan": rng.randint(0, size * 20_000) / 100,
    }


def section_four(rng: random.Random, body: Body, before: dict) -> dict:
    """Reviews and suits: at least those that the year before left pending."""
    most = 3 if body.level == "county" else 0
    cells = {}
    for kind in SUITS:
        counts = [rng.randint(0, most) for _ in RESULTS]
        counts[0] += before.get(f"{kind}_pending", 0)
        cells.update({f"{kind}_{result}": count for result, count in zip(RESULTS, counts)})
        cells[f"{kind}_total"] = sum(counts)
    return cells


def sentences(rng: random.Random, body: Body, year: int) -> dict:
    """Figures that only sentences state; None is a silence."""
    size = {"county": 2000, "department": 300, "township": 150}[body.level]
    channels = [rng.randint(size, size * 4), rng.randint(size // 4, size), rng.randint(size // 20, size // 4)]
    told = dict(zip(["website", "wechat", "weibo"], channels))
    if body.level != "county" and rng.random() < 0.5:
        told.update(wechat=None, weibo=None)
    told["items"] = sum(value for value in told.values() if value)
    says = rng.random
    told["meetings"] = rng.randint(2, 9) if says() < 0.8 else None
    told["trainings"] = rng.randint(2, 6) if says() < 0.7 else None
    told["persons"] = rng.randint(20, 600) if told["trainings"] else None
    told["persons_bound"] = rng.choice([None, None, "at_least", "about"]) if told["trainings"] else None
    told["staff"] = (rng.randint(1, 4), rng.randint(2, 30)) if says() < 0.5 else None
    told["funds"] = rng.randint(10, 900) / 10 if says() < 0.3 else None
    return told


def narrative(rng: random.Random, body: Body, told: dict) -> dict:
    """What a report of 2018 says of requests, reviews and documents."""
    most = 0 if body.plan.get("quiet") else 40 if body.level == "county" else 3
    received = rng.randint(most // 4, most)
    parts = [0, 0, 0, 0]
    left = min(received, rng.choice([0, 0, 1, 2]))
    for _ in range(received - left):
        parts[rng.choices(range(4), weights=[12, 2, 4, 3])[0]] += 1
    told.update(received=received, closed=received - left)
    told.update(zip(["granted", "refused", "absent", "elsewhere"], parts))
    told["documents"] = rng.randint(1, 30) if body.level == "county" else None
    told["reviews"], told["suits"] = (rng.randint(0, 5), rng.randint(0, 4)) if body.level == "county" else (None, None)
    return told


def report(rng: random.Random, body: Body, year: int, before: Report | None) -> Report:
    if body.plan.get("copy") == year:
        return Report(year, before.told, before.cells, before.requests, before.words)
    told = sentences(rng, body, year)
    words = rng.getrandbits(32)
    if before is None:
        return Report(year, narrative(rng, body, told), {}, None, words)
    is_steady = body.plan.get("steady") == year
    cells = section_two(rng, body, year, before, is_steady) | section_four(rng, body, before.cells)
    return Report(year, told, cells, requests(rng, body, year, before, is_steady), words)


def first_report(rng: random.Random, body: Body) -> Report:
    """Departments begin in 2019: what was before is not told."""
    told = {"received": 0, "closed": 0}
    return Report(2018, told, {}, None, rng.getrandbits(32)) if body.office else report(rng, body, 2018, None)


def add(report: Report, column: int, count: int, row: str) -> Report:
    """The same with more of a row, all of it granted."""
    changed = copy.deepcopy(report)
    changed.requests[row][column] += count
    changed.requests["req_granted"][column] += count
    return changed


def totals(report: Report) -> dict:
    """Section III with the total column and the total row."""
    if report.requests is None:
        return {}
    rows = dict(report.requests)
    handled = [sum(rows[key][column] for key in outcomes(report.year)) for column in range(6)]
    rows["req_handled_total"] = handled
    return {key: [*values, sum(values)] for key, values in rows.items()}


def over_two_years(before: Report, this: Report) -> list[list[str]]:
    """The checks over two years that these figures fail: check and column, or its first operand."""
    failed = []
    if before.requests and this.requests:
        carried_out, carried_in = totals(before)["req_carried_out"], totals(this)["req_carried_in"]
        for column, out, into in zip([*COLUMNS, "total"], carried_out, carried_in):
            if out != into:
                failed.append(["Y-CARRY", column])
    past, now = before.cells, this.cells
    for kind in SUITS:
        if f"{kind}_pending" in past and now[f"{kind}_total"] < past[f"{kind}_pending"]:
            failed.append(["Y-PEND", f"{kind}_total"])
    if form(before.year) == form(this.year) == 2019:
        for name in ITEMS:
            key = f"{name}_items_prev_year"
            if now[key] != past[key] + past[f"{name}_items_change"]:
                failed.append(["Y-ITEMS", key])
        for name in ["regulations", "normative_docs", "other_proactive_docs"]:
            key = f"{name}_disclosed_total"
            if now[key] > past[key] + now[f"{name}_newly_disclosed"]:
                failed.append(["Y-DISC", key])
    if form(before.year) == form(this.year) == 2021:
        name = "normative_docs"
        if now[f"{name}_in_force"] + now[f"{name}_repealed"] != past[f"{name}_in_force"] + now[f"{name}_issued"]:
            failed.append(["Y-FORCE", f"{name}_in_force"])
    return failed


# Words: every sentence is invented; the choice of clauses makes two reports unlike.

SUBJECTS = ["各相关单位", "党政办公室", "牵头科室", "信息员队伍", "政务公开专班", "各责任科室", "审核人员", "分管负责同志"]
DOINGS = [
    "坚持把群众关心的事项放在前面，逐项梳理公开内容",
    "细化年度任务清单，把责任落实到岗位和个人",
    "严格执行先审查后公开的程序，未经审查一律不得发布",
    "对栏目设置作了调整，清理了长期闲置的页面",
    "围绕惠农补贴和社会救助，及时晒出办理流程和依据",
    "完善依申请公开的接收登记和答复文书",
    "加强与上级主管部门的沟通，遇到疑难问题共同会商",
    "依托便民服务大厅设置查阅点，方便老年人现场查询",
    "把政务公开纳入年度综合考核，作为评优的重要参考",
    "组织业务骨干交流经验，互相检查发布质量",
    "利用村务公开栏和广播延伸公开触角",
    "对重大项目建设和生态环境领域实行全过程公开",
    "梳理历史文件并标注有效性，方便公众检索",
    "建立错敏词筛查机制，发现问题立行立改",
    "邀请居民代表走进机关，听取对公开工作的看法",
    "在政策出台的同时准备图文解读材料",
    "规范信息格式和来源标注，避免随意转载",
    "针对网民留言建立台账，做到事事有回音",
    "落实保密审查责任，妥善保护个人隐私",
    "推动义务教育和医疗卫生领域标准化目录落地",
    "结合机构调整更新了领导分工和联系方式",
    "改进检索功能，让公众更快找到所需内容",
    "加大财政预算决算的公开力度，说明主要变动原因",
    "压实编辑、校对、签发各个环节的责任",
    "把征地拆迁相关文书集中放在专门栏目",
    "统一答复口径，做到有理有据、语言平实",
    "听取人大代表和政协委员的意见，改进工作方式",
    "针对薄弱环节列出整改措施并跟踪问效",
    "定期通报更新情况，督促滞后的栏目尽快补齐",
    "注重从群众视角选择公开的形式和语言",
]
MEANS = ["全年来看", "按照统一部署", "在日常工作中", "结合自身实际", "对照条例要求", "着眼长远", "在上级指导下", "通过持续努力"]
ENDS = ["，取得了较好效果", "，受到群众欢迎", "，工作基础更加扎实", "，公开质量稳步提升", "", "", "，群众获得感有所增强", "，形成了常态机制"]
TROUBLES = [
    "个别栏目更新不够及时",
    "解读材料的形式较为单一",
    "部分人员对新规定理解不深",
    "公开内容与群众期待还有距离",
    "队伍流动性大，业务衔接不畅",
    "主动公开的意识有待增强",
    "检索和导航不够便利",
    "基层力量相对薄弱",
]
REMEDIES = [
    "下一步将加强学习，补齐能力短板",
    "今后要丰富解读形式，多用群众听得懂的话",
    "将健全督查机制，压紧压实责任",
    "计划优化栏目布局，突出重点领域",
    "继续完善制度，推动工作规范运行",
    "要选配专人负责，保持队伍稳定",
]
COLUMN_HEADS = ["商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他"]
RESULT_HEADS = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
FEES = "本年收费金额（单位：万元）"


def filler(rng: random.Random, count: int) -> str:
    """Sentences without a figure."""
    doings = rng.sample(DOINGS, count)
    return "".join(f"{rng.choice(MEANS)}，{rng.choice(SUBJECTS)}{doing}{rng.choice(ENDS)}。" for doing in doings)


def disclosed(rng: random.Random, told: dict) -> str:
    total = rng.choice(["主动公开政府信息{}条", "全年共主动公开政府信息{}条", "公开各类政府信息共{}条"])
    parts = [rng.choice(["通过政府网站公开{}条", "政府门户网站公开{}条"]).format(told["website"])]
    if told["wechat"] is not None:
        parts.append(rng.choice(["政务微信公开{}条", "微信公众号发布{}条"]).format(told["wechat"]))
        parts.append(f"政务微博公开{told['weibo']}条")
    return f"{total.format(told['items'])}，其中{'，'.join(parts)}。"


def supported(rng: random.Random, told: dict) -> str:
    said = ""
    if told["meetings"] is not None:
        said += f"召开{rng.choice(['政务公开工作推进会', '政务公开工作会议'])}{told['meetings']}次。"
    if told["trainings"] is not None:
        said += f"举办{rng.choice(['政务公开业务培训', '政府信息公开培训'])}{told['trainings']}次，"
        persons = {None: "培训{}人次。", "at_least": "培训{}余人次。", "about": "培训约{}人次。"}[told["persons_bound"]]
        said += persons.format(told["persons"])
    if told["staff"] is not None:
        said += "配备政府信息公开专职工作人员{}名、兼职工作人员{}名。".format(*told["staff"])
    if told["funds"] is not None:
        said += f"安排政府信息公开专项经费{told['funds']}万元。"
    return said


def asked(rng: random.Random, report: Report, rows: dict, mute: bool, is_zero: bool) -> str:
    """What is said of requests: nothing, none, or the figures of the table."""
    if mute:
        none = ["未收到政府信息公开申请。", "全年未收到政府信息公开申请。", "本年度没有收到政府信息公开申请。"]
        return rng.choice(none) if is_zero else "严格按照法定程序和时限做好相关工作。"
    told = report.told
    received, closed = (rows["req_new"][-1], rows["req_handled_total"][-1]) if rows else (told["received"], told["closed"])
    if not received:
        return "未收到政府信息公开申请。" if not closed else ""
    said = f"收到政府信息公开申请{received}件，"
    if rows:
        carried = [f"上年结转{rows['req_carried_in'][-1]}件，", ""]
        return said + rng.choice(carried) + f"办结{closed}件，结转下年度{rows['req_carried_out'][-1]}件。"
    outcomes = [("同意公开", "granted"), ("不予公开", "refused"), ("信息不存在", "absent"), ("不属于本机关", "elsewhere")]
    return said + f"办结{closed}件，其中" + "，".join(f"{label}{told[key]}件" for label, key in outcomes) + "。"


def prose(report: Report, name: str, level: str, published: str, rows: dict, mute: bool, is_zero: bool) -> list:
    """The parts of a report: headings and sentences, and the names of tables."""
    rng, year, told = random.Random(report.words), report.year, report.told
    government = name if level == "department" else f"{name}人民政府"
    head = [("title", f"{name}{year}年政府信息公开工作年度报告"), ("line", f"发布机构：{government}　发布日期：{published}")]
    period = f"本报告所列数据的统计期限自{year}年1月1日起至{year}年12月31日止。"
    opening = f"根据《中华人民共和国政府信息公开条例》编制本报告。{period}"
    overview = [f"{year}年，{filler(rng, 2)}", disclosed(rng, told) + filler(rng, 2)]
    requests = asked(rng, report, rows, mute, is_zero)
    support = supported(rng, told) + filler(rng, 2)
    close = [("h", "{}、存在的主要问题及改进情况"), ("p", f"一是{'；二是'.join(rng.sample(TROUBLES, 2))}。{rng.choice(REMEDIES)}。")]
    close += [("h", "{}、其他需要报告的事项"), ("p", rng.choice(["无。", "无其他需要报告的事项。"]))]
    if form(year):
        parts = [("h", "{}、总体情况"), *(("p", words) for words in [opening, *overview, requests, support] if words)]
        parts += [("h", "{}、主动公开政府信息情况"), ("table", "two"), ("h", "{}、收到和处理政府信息公开申请情况")]
        parts.append(("p", "按规定办理。") if mute else ("table", "three"))
        parts.append(("h", "{}、政府信息公开行政复议、行政诉讼情况"))
        parts.append(("p", "按规定办理。") if mute else ("table", "four"))
    else:
        parts = [("h", "{}、概述"), ("p", opening + overview[0]), ("h", "{}、主动公开政府信息情况"), ("p", overview[1])]
        if told["documents"] is not None:
            parts.append(("p", f"主动公开规范性文件{told['documents']}件。"))
        parts += [("h", "{}、依申请公开政府信息情况"), ("p", requests), ("h", "{}、保障情况"), ("p", support)]
        if told["reviews"] is not None:
            words = f"发生行政复议{told['reviews']}件，行政诉讼{told['suits']}件。"
            parts += [("h", "{}、行政复议、行政诉讼情况"), ("p", words)]
    return numbered(head + parts + close)


def numbered(parts: list) -> list:
    numbers = iter("一二三四五六七八九")
    return [(kind, words.format(next(numbers)) if kind == "h" else words) for kind, words in parts]


# Tables: rows of cells, each with its words, the columns and the rows that it covers.


def item(number: str) -> list[tuple]:
    return [(f"第二十条第（{number}）项", 4, 1)]


def row(*words) -> list[tuple]:
    return [(str(word), 1, 1) for word in [*words, *[""] * (4 - len(words))]]


def rows_2019(cells: dict) -> list[list[tuple]]:
    def documents(label: str, name: str) -> list[tuple]:
        return row(label, *(cells[f"{name}_{key}"] for key in ["newly_made", "newly_disclosed", "disclosed_total"]))

    def items(label: str, name: str) -> list[tuple]:
        keys = ["items_prev_year", "items_change", "decisions"]
        return row(label, *(cells[f"{name}_{key}"] for key in keys if f"{name}_{key}" in cells))

    head = row("信息内容", "上一年项目数量", "本年增/减", "处理决定数量")
    return [
        item("一"),
        row("信息内容", "本年新制作数量", "本年新公开数量", "对外公开总数量"),
        documents("规章", "regulations"),
        documents("规范性文件", "normative_docs"),
        documents("其他主动公开文件", "other_proactive_docs"),
        item("五"),
        head,
        items("行政许可", "admin_license"),
        items("其他对外管理服务事项", "other_service"),
        item("六"),
        head,
        items("行政处罚", "admin_penalty"),
        items("行政强制", "admin_coercion"),
        item("八"),
        row("信息内容", "上一年项目数量", "本年增/减"),
        items("行政事业性收费", "admin_fee"),
        item("九"),
        row("信息内容", "采购项目数量", "采购总金额"),
        row("政府集中采购", cells["central_procurement_projects"], cells["central_procurement_amount"]),
    ]


def rows_2021(cells: dict) -> list[list[tuple]]:
    def documents(label: str, name: str) -> list[tuple]:
        return row(label, *(cells[f"{name}_{key}"] for key in ["issued", "repealed", "in_force"]))

    head = row("信息内容", "本年处理决定数量")
    return [
        item("一"),
        row("信息内容", "本年制发件数", "本年废止件数", "现行有效件数"),
        documents("规章", "regulations"),
        documents("行政规范性文件", "normative_docs"),
        item("五"),
        head,
        row("行政许可", cells["admin_license_decisions"]),
        item("六"),
        head,
        row("行政处罚", cells["admin_penalty_decisions"]),
        row("行政强制", cells["admin_coercion_decisions"]),
        item("八"),
        row("信息内容", FEES),
        row("行政事业性收费", cells["admin_fee_amount_wan"]),
    ]


LABELS = [
    "属于国家秘密",
    "其他法律行政法规禁止公开",
    "危及“三安全一稳定”",
    "保护第三方合法权益",
    "属于三类内部事务信息",
    "属于四类过程性信息",
    "属于行政执法案卷",
    "属于行政查询事项",
    "本机关不掌握相关政府信息",
    "没有现成信息需要另行制作",
    "补正后申请内容仍不明确",
    "信访举报投诉类申请",
    "重复申请",
    "要求提供公开出版物",
    "无正当理由大量反复申请",
    "要求行政机关确认或重新出具已获取信息",
]
OTHER_LABELS = [
    "申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
    "申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
    "其他",
]


def section_three_rows(year: int, figures: dict) -> list[list[tuple]]:
    def values(key: str) -> list[tuple]:
        return [(str(value), 1, 1) for value in figures[key]]

    note = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"
    labels = dict(zip(REFUSED + UNABLE + NOT_PROCESSED, LABELS))
    labels |= dict(zip(OTHER[2021], OTHER_LABELS)) if year == 2021 else {}
    groups = [("（三）不予公开", REFUSED), ("（四）无法提供", UNABLE), ("（五）不予处理", NOT_PROCESSED)]
    groups += [("（六）其他处理", OTHER[2021])] if year == 2021 else []
    inner = [[("（一）予以公开", 2, 1), *values("req_granted")]]
    inner.append([("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", 2, 1), *values("req_partial")])
    for group, keys in groups:
        for number, key in enumerate(keys, 1):
            first = [(group, 1, len(keys))] if number == 1 else []
            inner.append([*first, (f"{number}.{labels[key]}", 1, 1), *values(key)])
    if year == 2019:
        inner.append([("（六）其他处理", 2, 1), *values("req_other")])
    inner.append([("（七）总计", 2, 1), *values("req_handled_total")])
    inner[0].insert(0, ("三、本年度办理结果", 1, len(inner)))
    return [
        [(note, 3, 3), ("申请人情况", 7, 1)],
        [("自然人", 1, 2), ("法人或其他组织", 5, 1), ("总计", 1, 2)],
        [(head, 1, 1) for head in COLUMN_HEADS],
        [("一、本年新收政府信息公开申请数量", 3, 1), *values("req_new")],
        [("二、上年结转政府信息公开申请数量", 3, 1), *values("req_carried_in")],
        *inner,
        [("四、结转下年度继续办理", 3, 1), *values("req_carried_out")],
    ]


def section_four_rows(cells: dict) -> list[list[tuple]]:
    results = [(head, 1, 1) for head in RESULT_HEADS]
    keys = [f"{kind}_{result}" for kind in SUITS for result in [*RESULTS, "total"]]
    return [
        [("行政复议", 5, 1), ("行政诉讼", 10, 1)],
        [*((head, 1, 2) for head in RESULT_HEADS), ("未经复议直接起诉", 5, 1), ("复议后起诉", 5, 1)],
        results + results,
        [(str(cells[key]), 1, 1) for key in keys],
    ]


def table(name: str, year: int, cells: dict, rows: dict) -> list[list[tuple]]:
    if name == "two":
        return rows_2019(cells) if year == 2019 else rows_2021(cells)
    return section_three_rows(year, rows) if name == "three" else section_four_rows(cells)


def html(parts: list, year: int, cells: dict, rows: dict) -> str:
    def cell(words: str, columns: int, lines: int) -> str:
        spans = (f' rowspan="{lines}"' if lines > 1 else "") + (f' colspan="{columns}"' if columns > 1 else "")
        return f"<td{spans}>{words}</td>"

    lines = ['<!DOCTYPE html>\n<html><head><meta charset="utf-8">', f"<title>{parts[0][1]}</title></head><body>"]
    for kind, words in parts:
        if kind == "table":
            lines.append("<table>")
            lines += [f"<tr>{''.join(cell(*one) for one in line)}</tr>" for line in table(words, year, cells, rows)]
            lines.append("</table>")
        else:
            tag = "h1" if kind == "title" else "p"
            lines.append(f"<{tag}>{words}</{tag}>")
    return "\n".join([*lines, "</body></html>", ""])


def text(parts: list, year: int, cells: dict, rows: dict) -> str:
    """Tables with tabs between cells, the merged ones left empty."""
    lines = []
    for kind, words in parts:
        if kind == "table":
            lines += ["\t".join(line) for line in unmerged(table(words, year, cells, rows))]
        else:
            lines += ([""] if kind == "h" else []) + [words]
    return "\n".join([*lines, ""])


def unmerged(rows: list[list[tuple]]) -> list[list[str]]:
    """Each row with all its columns; a merged cell's words stand in its first."""
    width = sum(columns for _, columns, _ in rows[0])
    grid: list[list] = [[None] * width for _ in rows]
    for at, line in enumerate(rows):
        for words, columns, lines in line:
            column = grid[at].index(None)
            for below in range(lines):
                grid[at + below][column : column + columns] = [""] * columns
            grid[at][column] = words
    return grid


# What a dataset must say.


def true_values(body: Body, report: Report) -> dict:
    told = report.told
    values = {
        "items_disclosed": told["items"],
        "website_items": told["website"],
        "wechat_items": told["wechat"],
        "weibo_items": told["weibo"],
        "meetings": told["meetings"],
        "trainings": told["trainings"],
        "persons_trained": told["persons"],
        "persons_trained__bound": told["persons_bound"],
        "staff": told["staff"] and sum(told["staff"]),
        "staff_full_time": told["staff"] and told["staff"][0],
        "special_funds_yuan": told["funds"] and round(told["funds"] * 10_000, 2),
    }
    # A sentence's number that is the year itself may be just that, and is left alone (docs/limits.md).
    values = {name: None if value == report.year else value for name, value in values.items()}
    mute = body.plan.get("silent") or body.plan.get("zero")
    if mute == report.year:
        received = 0 if "zero" in body.plan else None
        names = ["requests_handled", "requests_granted", "requests_refused", "requests_carried_in", "reviews"]
        return values | {"requests_received": received} | dict.fromkeys(names)
    return values | (table_values(report) if form(report.year) else narrative_values(told))


def narrative_values(told: dict) -> dict:
    """What sentences alone say of requests and reviews: without a request nothing of their outcomes."""
    return {
        "normative_docs_issued": None,
        "requests_received": told["received"],
        "requests_handled": told["closed"] if told["received"] else None,
        "requests_granted": told["granted"] if told["received"] else None,
        "requests_refused": told["refused"] if told["received"] else None,
        "requests_cannot_provide": told["absent"] + told["elsewhere"] if told["received"] else None,
        "requests_carried_in": None,
        "reviews": told["reviews"],
        "lawsuits": told["suits"],
        "disc_normative_docs": told["documents"],
    }


def table_values(report: Report) -> dict:
    """What the tables say."""
    cells = report.cells
    rows = {key: row[-1] for key, row in totals(report).items()}
    return {
        "normative_docs_issued": cells["normative_docs_" + ("newly_made" if form(report.year) == 2019 else "issued")],
        "requests_received": rows["req_new"],
        "requests_carried_in": rows["req_carried_in"],
        "requests_handled": rows["req_handled_total"],
        "requests_granted": rows["req_granted"],
        "requests_partly_granted": rows["req_partial"],
        "requests_refused": sum(rows[key] for key in REFUSED),
        "requests_cannot_provide": sum(rows[key] for key in UNABLE),
        "requests_not_processed": sum(rows[key] for key in NOT_PROCESSED),
        "requests_carried_out": rows["req_carried_out"],
        "reviews": cells["review_total"],
        "reviews_corrected": cells["review_corrected"],
        "lawsuits": cells["suit_direct_total"] + cells["suit_after_review_total"],
        "admin_license_decisions": cells["admin_license_decisions"],
        "normative_docs_in_force": cells.get("normative_docs_in_force"),
        "req_np_petition": rows["req_np_petition"],
    }


# The plan of errors, and the corpus.


def plan(rng: random.Random, gazetteer: Gazetteer, all_bodies: list[list[Body]]) -> None:
    """Gives bodies that are always the same one error each; renamed counties have their renaming."""
    counties = [bodies[0] for bodies in all_bodies if len(bodies[0].spans) == 1]
    towns = [town for bodies in all_bodies for town in bodies[1:] if len(town.spans) == 1]
    rng.shuffle(counties)
    rng.shuffle(towns)
    half = EACH // 2
    # A copied year has the form of the year before.
    chosen = {"carry": [2020, 2021, 2022, 2023], "copy": [2020, 2022, 2023], "restated": YEARS, "gap": YEARS}
    for kind, years in chosen.items():
        for number in range(EACH):
            body = (counties if number < half else towns).pop()
            # Where a neighbour has ended, what it had open may be carried in by those who took it over.
            code = body.spans[0].code
            ends = gazetteer.ends[code[: -2 if len(code) == 6 else -3]] if kind == "carry" else set()
            body.plan[kind] = rng.choice([year for year in years if year - 1 not in ends])
            if kind == "copy" and number % 2 == 0:
                body.plan["steady"] = body.plan[kind] - 1
    for kind in ["exact", "gb18030"]:
        for number in range(EACH):
            (counties if number < half else towns).pop().plan[kind] = rng.choice(list(YEARS))
    for number in range(2 * EACH):
        for kind in ["silent", "zero"]:
            year = 2018 if number < EACH else rng.choice(list(YEARS)[1:])
            towns.pop().plan.update({kind: year, "quiet": True})
    for bodies in all_bodies:
        if bodies[0].spans[0].code in BROKEN_RENAMING:
            bodies[0].plan["carry"] = bodies[0].spans[1].first


class Corpus:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.truth: dict = {"planted": [], "fails": [], "places": [], "departments": [], "pairs": [], "documents": 0}

    def write(self, path: str, content: bytes) -> None:
        target = self.folder / "corpus" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self.truth["documents"] += 1

    def planted(self, kind: str, code: str, year: int, **found) -> None:
        self.truth["planted"].append({"kind": kind, "code": code, "year": year, **found})


def document(rng: random.Random, body: Body, report: Report, published: str) -> tuple[str, str]:
    """The words of a report and the ending of its file."""
    span = body.at(report.year)
    name = "".join(span.names[-2:] if body.level == "township" else span.names[-1:]) + body.office
    mute = report.year in (body.plan.get("silent"), body.plan.get("zero"))
    words = prose(report, name, body.level, published, totals(report), mute, "zero" in body.plan)
    rows = {} if mute else totals(report)
    cells = {key: value for key, value in report.cells.items() if not mute or not key.startswith(tuple(SUITS))}
    if rng.random() < 0.7:
        return html(words, form(report.year), cells, rows), "html"
    return text(words, form(report.year), cells, rows), "txt"


def publication(rng: random.Random, year: int) -> str:
    return f"{year + 1}-{rng.randint(2, 3):02}-{rng.randint(1, 28):02}"


def write_year(rng: random.Random, corpus: Corpus, body: Body, report: Report) -> None:
    """The document of a year, with those that repeat it."""
    year, span = report.year, body.at(report.year)
    folder = "/".join([*span.names, *([body.office] if body.office else [])])
    published = publication(rng, year)
    words, ending = document(rng, body, report, published)
    path = f"{folder}/{year}.{ending}"
    corpus.write(path, words.encode())
    plan = body.plan
    if plan.get("restated") == year:
        column = rng.choice([0, 1])
        early = restated(report, column, rng.randint(1, 5))
        words, ending = document(rng, body, early, f"{year + 1}-01-{rng.randint(4, 28):02}")
        other = f"{folder}/{year}{rng.choice(['初稿', '_0'])}.{ending}"
        corpus.write(other, words.encode())
        corpus.planted("restated", span.code, year, speaks=path, early=other)
    for kind in ["exact", "gb18030"]:
        if plan.get(kind) == year:
            other = f"转存/{folder}/{year}年报.{ending}"
            again = words.encode()
            if kind == "gb18030":
                again = words.replace('charset="utf-8"', 'charset="gb18030"').encode("gb18030")
            corpus.write(other, again)
            kept, repeated = sorted([path, other], key=str.encode)
            corpus.planted("exact" if kind == "exact" else "same_text", span.code, year, kept=kept, copy=repeated)


def restated(report: Report, column: int, count: int) -> Report:
    """What was published first: other figures, right in themselves."""
    if report.requests is not None:
        return add(report, column, count, "req_new")
    early = copy.deepcopy(report)
    for key in ["received", "closed", "granted", "website", "items"]:
        early.told[key] += count
    return early


def write_body(rng: random.Random, corpus: Corpus, body: Body) -> None:
    before, last = first_report(rng, body), None
    years = [2019, 2020] if body.office else list(YEARS)
    for year in years:
        span, this = body.at(year), before if year == 2018 else report(rng, body, year, before)
        if body.plan.get("carry") == year:
            column = rng.choice([0, 1])
            this = add(this, column, rng.randint(1, 4), "req_carried_in")
            corpus.planted("carry", span.code, year, column=COLUMNS[column], moved=year == body.spans[-1].first)
        if body.plan.get("gap") == year:
            corpus.planted("gap", span.code, year)
            before, last = this, None
            continue
        failed = over_two_years(last, this) if last and body.followed_to(year) else []
        if body.plan.get("copy") == year:
            failed.append(["Y-COPY", ""])
            corpus.planted("copy", span.code, year)
        corpus.truth["fails"] += [[span.code, year, *fail] for fail in failed]
        write_year(rng, corpus, body, this)
        note(corpus, body, this, last)
        before = last = this


def note(corpus: Corpus, body: Body, report: Report, last: Report | None) -> None:
    """Keeps what must be published of a body's year."""
    year, span = report.year, body.at(report.year)
    if body.office:
        corpus.truth["departments"].append([span.code, year])
        return
    corpus.truth["places"].append({"code": span.code, "year": year, "values": true_values(body, report)})
    for kind in ["silent", "zero"]:
        if body.plan.get(kind) == year:
            corpus.planted(kind, span.code, year)
    changed = len(body.spans) > 1 and body.spans[1].first == year
    if changed:
        corpus.planted("renamed", span.code, year, before=body.spans[0].code, followed=body.followed)
    mute = (body.plan.get("silent"), body.plan.get("zero"))
    if last and last.requests and last.year not in mute and year not in mute:
        corpus.truth["pairs"].append([body.at(last.year).code, span.code, year, body.followed_to(year)])


def late_names(corpus: Corpus, all_bodies: list[list[Body]]) -> None:
    """Reports under a name of the year before: coverage has them under the new one."""
    for bodies in all_bodies:
        if bodies[0].spans[0].code in LATE:
            for before, after in (body.spans for body in bodies):
                found_as = f"{before.code} {before.names[-1]}"
                corpus.planted("late", after.code, before.last, found_as=found_as, found_code=before.code)


def main() -> None:
    folder = Path(sys.argv[1])
    shutil.rmtree(folder / "corpus", ignore_errors=True)
    rng, gazetteer = random.Random(20231231), Gazetteer()
    all_bodies = families(rng, gazetteer)
    plan(rng, gazetteer, all_bodies)
    corpus = Corpus(folder)
    for bodies in all_bodies:
        for body in bodies:
            write_body(rng, corpus, body)
    for bodies in rng.sample([bodies for bodies in all_bodies if len(bodies[0].spans) == 1], 20):
        county = bodies[0]
        write_body(rng, corpus, Body("department", county.spans, office=rng.choice(["教育局", "财政局", "水利局"])))
    late_names(corpus, all_bodies)
    (folder / "truth.json").write_text(json.dumps(corpus.truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    kinds = sorted({planted["kind"] for planted in corpus.truth["planted"]})
    counts = {kind: sum(planted["kind"] == kind for planted in corpus.truth["planted"]) for kind in kinds}
    print(f"{corpus.truth['documents']} documents, {len(corpus.truth['places'])} places and years; planted {counts}")


if __name__ == "__main__":
    main()
