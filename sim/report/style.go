package report

// pageStyle is the page's own style; it loads nothing.
const pageStyle = `
:root{color-scheme:light dark}
*{box-sizing:border-box}
body{margin:0;background:#fff;color:#1e293b;font:15px/1.5 Inter,"Segoe UI","Helvetica Neue",Arial,"Liberation Sans",sans-serif;overflow-wrap:anywhere}
main{max-width:1260px;margin:0 auto;padding:20px 8px 48px}
header,section,footer{padding:0 8px}
h1{font-size:22px;line-height:1.3;margin:12px 0 4px;color:#0f172a}
h2{font-size:17px;margin:28px 0 10px;color:#0f172a}
h3{font-size:13px;margin:0 0 4px;display:flex;flex-wrap:wrap;gap:4px 10px;align-items:center}
summary{cursor:pointer}
summary h2{display:inline-block}
code,pre,.ids,tbody th{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace;font-size:12.5px}
.note,.summary{margin:2px 0;color:#475569}
.summary{margin-top:10px;color:inherit}
.verdict{display:inline-flex;gap:8px;align-items:center;margin:0;padding:4px 16px 4px 10px;border:2px solid;border-radius:99px;font-size:18px;font-weight:700;background:#f8fafc}
.gates{display:flex;flex-wrap:wrap;gap:2px 14px;list-style:none;margin:10px 0 0;padding:0;font-size:13px}
.gates .sign{margin-right:4px}
.sign{vertical-align:-.15em;flex:none}
.verdict.pass,td.pass{color:#15803d}.verdict.stop,td.stop{color:#b91c1c}.verdict.partial,td.partial{color:#9a3412}.verdict.unknown,td.unknown{color:#92400e}
.verdict.unknown{border-style:dashed}
.lanes{display:flex;flex-wrap:wrap;gap:20px 16px;align-items:flex-start;margin-top:20px;padding:0}
figure{margin:0;width:390px;max-width:100%}
figure svg{display:block}
figure details{margin:0 8px;font-size:13px}
@media screen and (min-width:900px){.beside.one{display:grid;grid-template-columns:390px minmax(0,1fr);gap:0 24px}main:has(.beside){max-width:1440px}}
@media screen and (min-width:1240px){.beside.two{display:grid;grid-template-columns:796px minmax(0,1fr);gap:0 24px}}
.finding:target{outline:3px solid #1d4ed8;outline-offset:2px}
figure a:focus-visible{outline:3px solid #1d4ed8}
.ids{padding-left:20px;columns:200px}
.path{display:none}
.finding{border:1px solid #cbd5e1;border-left:5px solid #94a3b8;border-radius:8px;padding:10px 14px;margin:0 0 10px;break-inside:avoid}
.finding p{margin:2px 0 6px}
.finding.stop{border-left-color:#b91c1c}
.finding.warn{border-left-color:#b45309;border-left-style:double}
.finding.unknown{border-left-color:#b45309;border-left-style:dashed}
.where{color:#64748b;font-weight:400;font-size:13px}
dl{display:grid;grid-template-columns:minmax(90px,max-content) 1fr;gap:2px 14px;margin:0;font-size:13px}
dt{color:#64748b}dd{margin:0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{text-align:left;vertical-align:top;padding:5px 10px 5px 0;border-bottom:1px solid #e2e8f0}
tbody th{font-weight:600;white-space:nowrap}
td.pass,td.stop,td.partial,td.unknown{white-space:nowrap;font-weight:600}
.rules details{border-top:1px solid #e2e8f0;padding:6px 0}
.rules .where{margin-left:10px}
pre{background:#f1f5f9;border-radius:6px;padding:10px;overflow-x:auto;white-space:pre-wrap}
footer{margin-top:32px;border-top:1px solid #cbd5e1}
a{color:#1d4ed8}
@media screen and (max-width:640px){tbody th{white-space:normal}table,thead,tbody,tr,th,td{display:block}thead{display:none}tr{padding:8px 0;border-bottom:1px solid #cbd5e1}th,td{border:0;padding:1px 0}td[data-label]::before{content:attr(data-label) ": ";font-weight:400}dl{grid-template-columns:1fr}dd{margin-bottom:4px}}
@media screen and (prefers-color-scheme:dark){
body{background:#0f172a;color:#e2e8f0}
h1,h2{color:#f8fafc}
.note,.where,dt{color:#94a3b8}
.verdict{background:#1e293b}
.verdict.pass,td.pass{color:#4ade80}.verdict.stop,td.stop{color:#fca5a5}.verdict.partial,td.partial{color:#fb923c}.verdict.unknown,td.unknown{color:#fbbf24}
.finding{border-color:#475569}
.finding.stop{border-left-color:#f87171}
.finding.warn,.finding.unknown{border-left-color:#fbbf24}
th,td,.rules details,footer{border-color:#334155}
pre{background:#1e293b}
a{color:#93c5fd}
.finding:target,figure a:focus-visible{outline-color:#93c5fd}
}
@media print{
@page{margin:14mm}
body{font-size:11pt}
main{max-width:none;padding:0}
.lanes{gap:14px}
figure{width:100%}
figure>svg,figure details{display:none}
.path{display:block;font-size:9pt;padding-left:20px}
.path li,dt,dd{break-inside:avoid}
.finding{break-inside:auto}.finding h3{break-after:avoid}
h2,summary{break-after:avoid}
tr,footer{break-inside:avoid}
.scroll{overflow:visible}
table{font-size:8.5pt;table-layout:fixed}
thead th{width:13%}thead th:first-child{width:28%}thead th:last-child{width:auto}
tbody th,td.pass,td.stop,td.partial,td.unknown{white-space:normal}
details:not([open])::details-content{content-visibility:visible;display:block;block-size:auto}
pre{font-size:8pt}
a{color:inherit}
}
`
