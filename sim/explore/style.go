package explore

// styleSheet is the explorer's own style, after the report's.
const styleSheet = `
.skip{position:absolute;left:-999px}
.skip:focus{left:8px;top:8px;background:#fff;color:#1d4ed8;padding:8px;z-index:2}
.top{max-width:1260px;margin:0 auto;padding:10px 16px 0;border-bottom:1px solid #cbd5e1}
.top ul{display:flex;flex-wrap:wrap;gap:2px 6px;list-style:none;margin:0;padding:0}
.top li a{display:inline-block;padding:8px 10px;text-decoration:none;border-bottom:3px solid transparent}
.top li a:hover{text-decoration:underline}
.top li a[aria-current]{border-bottom-color:#1d4ed8;font-weight:700}
.which{margin:2px 0 6px;padding:0 10px;color:#475569;font-size:13px}
main{padding-left:16px;padding-right:16px}
main>header,main>section,main>p{padding-left:0;padding-right:0}
a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,textarea:focus-visible,summary:focus-visible,pre:focus-visible,.scroll:focus-visible{outline:3px solid #1d4ed8;outline-offset:2px}
button,.button{display:inline-block;font:inherit;font-weight:600;padding:6px 14px;min-height:36px;border:1px solid #1d4ed8;border-radius:6px;background:#1d4ed8;color:#fff;cursor:pointer;text-decoration:none}
button:hover,.button:hover{background:#1e40af}
.list .button{font-size:13px;padding:3px 10px;min-height:28px;background:none;color:#1d4ed8;margin-left:8px}
.list li{margin:4px 0}
input,select,textarea{font:inherit;color:inherit;background:#fff;border:1px solid #64748b;border-radius:6px;padding:6px 8px;max-width:100%}
textarea{width:100%;font-family:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace;font-size:12.5px}
.fields p{display:grid;grid-template-columns:180px minmax(0,1fr);gap:2px 12px;margin:8px 0;align-items:start;max-width:860px}
.fields label{padding-top:7px;font-weight:600;overflow-wrap:anywhere}
.fields .hint{grid-column:2;color:#475569;font-size:13px}
.fields button{justify-self:start;grid-column:2}
.fields .check{grid-template-columns:24px minmax(0,1fr);margin-left:192px}
.fields .check label{padding:0;font-weight:400}
.fields .check input{margin-top:4px}
.offers{list-style:none;margin:-4px 0 10px;padding:0;border:1px solid #64748b;border-radius:6px;background:#fff;max-height:220px;overflow-y:auto}
.offers[hidden]{display:none}
.offers li{padding:4px 8px;cursor:pointer;font-size:13px;color:#475569}
.offers li code{color:#1e293b;font-weight:600}
.offers li:hover,.offers li[aria-selected=true]{background:#dbeafe}
.must{font-weight:400;font-size:12px;color:#475569}
.op{border:1px solid #cbd5e1;border-radius:6px;margin:8px 0;padding:6px 12px}
.op summary{font-weight:600;padding:4px 0}
.command pre{white-space:pre-wrap}
.error{border:2px solid #b91c1c;border-radius:6px;color:#991b1b;padding:10px;white-space:pre-wrap}
.turned{font-size:17px;font-weight:700}
.word.pass{color:#15803d}.word.stop{color:#b91c1c}.word.partial{color:#9a3412}.word.unknown{color:#92400e}
.rule{line-height:1.45}
fieldset{border:1px solid #cbd5e1;border-radius:6px;margin:10px 0;padding:4px 12px 8px;max-width:860px;min-width:0}
legend{font-weight:600;padding:0 4px}
fieldset .fields{padding:0}
.rule mark{display:block;background:#fde68a;color:#1e293b;font-weight:600}
.rule .left{display:block;color:#475569;font-style:italic}
.repair{border-left-color:#1d4ed8}
.pic a{cursor:pointer}
.pic a:hover .card,.pic a:focus-visible .card{stroke-width:3}
.pic a:focus-visible{outline:3px solid #1d4ed8;outline-offset:2px}
.note,.summary,.where,dt{color:#475569}
@media screen and (max-width:640px){
.fields p{grid-template-columns:minmax(0,1fr)}
.fields .hint,.fields button{grid-column:1}
.fields .check{margin-left:0}
main{padding-left:10px;padding-right:10px}
}
@media screen and (prefers-color-scheme:dark){
.skip:focus{background:#0f172a;color:#93c5fd}
.top{border-color:#475569}
.top li a[aria-current]{border-bottom-color:#93c5fd}
.which,.fields .hint,.must,.note,.summary,.where,dt,.rule .left{color:#cbd5e1}
a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,textarea:focus-visible,summary:focus-visible,pre:focus-visible,.scroll:focus-visible,.pic a:focus-visible{outline-color:#93c5fd}
.list .button{color:#93c5fd;border-color:#93c5fd}
input,select,textarea{background:#1e293b;border-color:#94a3b8}
.op,fieldset{border-color:#475569}
.offers{background:#1e293b;border-color:#94a3b8}
.offers li{color:#cbd5e1}
.offers li code{color:#f1f5f9}
.offers li:hover,.offers li[aria-selected=true]{background:#1e3a8a}
.error{border-color:#f87171;color:#fca5a5}
.word.pass{color:#4ade80}.word.stop{color:#fca5a5}.word.partial{color:#fb923c}.word.unknown{color:#fbbf24}
.rule mark{background:#713f12;color:#fef9c3}
.repair{border-left-color:#93c5fd}
}
`
