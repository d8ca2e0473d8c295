#!/bin/bash
# convert.sh IN_DIR OUT_DIR
#   IN_DIR/NAME.html        -> OUT_DIR/NAME.{docx,doc,odt,rtf,pdf}   (Writer)
#   IN_DIR/NAME.sheet.html  -> OUT_DIR/NAME.{xls,xlsx,ods}           (Calc; every table of the page, one sheet)
# One soffice run per format; its own profile; one small TrueType font for everything (FONT=…, SIZE=… to change).
# FORMATS="docx pdf" limits the Writer formats, SHEETS="xlsx" the Calc formats.
set -eu
in=$(realpath "$1"); mkdir -p "$2"; out=$(realpath "$2")
FONT=${FONT:-WenQuanYi Micro Hei}; SIZE=${SIZE:-9pt}
FORMATS=${FORMATS-docx doc odt rtf pdf}; SHEETS=${SHEETS-xls xlsx ods}
tmp=$(mktemp -d /tmp/convert.XXXXXX); trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/w" "$tmp/s"
# copies with an explicit charset and the one font
python3 - "$in" "$tmp" "$FONT" "$SIZE" <<'P'
import sys, os, re
src, tmp, font, size = sys.argv[1:]
head = ('<meta http-equiv="Content-Type" content="text/html; charset=utf-8"><style>@page{size:21cm 29.7cm;margin:1.5cm}'
        'body,p,td,th,h1,h2,h3,li,div,span{font-family:"%s";font-size:%s}</style>' % (font, size))
for n in sorted(os.listdir(src)):
    if not n.endswith('.html'): continue
    t = open(os.path.join(src, n), encoding='utf-8-sig').read()
    t = re.sub(r'<meta[^>]*charset[^>]*>', '', t, flags=re.I)
    t = re.sub(r'<head[^>]*>', lambda m: m.group(0) + head, t, count=1, flags=re.I) if re.search(r'<head[\s>]', t, re.I) \
        else '<html><head>%s</head><body>%s</body></html>' % (head, t)
    sheet = n.endswith('.sheet.html')
    open(os.path.join(tmp, 's' if sheet else 'w', n[:-11] + '.html' if sheet else n), 'w', encoding='utf-8').write(t)
P
run() { # infilter, dir, format:filter
    ls "$2"/*.html >/dev/null 2>&1 || return 0
    nice timeout 600 soffice "-env:UserInstallation=file://$tmp/profile" --headless --norestore --nolockcheck \
        --infilter="$1" --convert-to "$3" --outdir "$out" "$2"/*.html >"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
}
for f in $FORMATS; do
    case $f in
        docx) run "HTML (StarWriter)" "$tmp/w" 'docx:MS Word 2007 XML';;
        doc)  run "HTML (StarWriter)" "$tmp/w" 'doc:MS Word 97';;
        odt)  run "HTML (StarWriter)" "$tmp/w" 'odt:writer8';;
        rtf)  run "HTML (StarWriter)" "$tmp/w" 'rtf:Rich Text Format';;
        pdf)  run "HTML (StarWriter)" "$tmp/w" 'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"false"},"ExportBookmarks":{"type":"boolean","value":"false"},"Quality":{"type":"long","value":"60"}}';;
    esac
done
for f in $SHEETS; do
    case $f in
        xls)  run "HTML (StarCalc)" "$tmp/s" 'xls:MS Excel 97';;
        xlsx) run "HTML (StarCalc)" "$tmp/s" 'xlsx:Calc MS Excel 2007 XML';;
        ods)  run "HTML (StarCalc)" "$tmp/s" 'ods:calc8';;
    esac
done
# ODF: leave out the thumbnail (it is half the file)
python3 - "$out" "$tmp" <<'P'
import sys, os, zipfile
out, tmp = sys.argv[1:]
stems = {(d, n[:-5]) for d in 'ws' for n in os.listdir(os.path.join(tmp, d))}
for n in sorted(os.listdir(out)):
    stem, ext = os.path.splitext(n)
    if ext not in ('.odt', '.ods') or ('w' if ext == '.odt' else 's', stem) not in stems: continue
    p = os.path.join(out, n)
    with zipfile.ZipFile(p) as z: parts = [(i, z.read(i)) for i in z.infolist()]
    with zipfile.ZipFile(p, 'w') as z:
        for i, d in parts:
            if i.filename.startswith('Thumbnails/') or i.filename.endswith('/'): continue
            if i.filename == 'META-INF/manifest.xml':
                import re
                d = re.sub(rb' *<manifest:file-entry manifest:full-path="Thumbnails/[^>]*/>\n?', b'', d)
            z.writestr(i, d)
P
# every input must have given every format
fail=0
for p in "$tmp"/w/*.html; do [ -e "$p" ] || continue; b=$(basename "$p" .html); for f in $FORMATS; do [ -s "$out/$b.$f" ] || { echo "missing $b.$f" >&2; fail=1; }; done; done
for p in "$tmp"/s/*.html; do [ -e "$p" ] || continue; b=$(basename "$p" .html); for f in $SHEETS; do [ -s "$out/$b.$f" ] || { echo "missing $b.$f" >&2; fail=1; }; done; done
exit $fail
