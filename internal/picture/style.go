package picture

// StyleSheet is the style of every SVG of this package. A page that holds
// Inline pictures must have it once. It loads nothing.
const StyleSheet = `
.pic{font-family:Inter,"Segoe UI","Helvetica Neue",Arial,"Liberation Sans",sans-serif;max-width:100%;height:auto;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.pic text{fill:#1e293b;font-size:12px;unicode-bidi:isolate;white-space:pre}
.pic .end{text-anchor:end}
.pic .paper{fill:#fff}
.pic .pt{font-size:17px;font-weight:700;fill:#0f172a}
.pic .pn{font-size:12.5px;fill:#475569}
.pic .pl{font-size:12px;fill:#475569}
.pic .bt{font-size:17px;font-weight:700}
.pic .lt{font-size:14.5px;font-weight:700;fill:#0f172a}
.pic .lw{font-size:12px;font-weight:700}
.pic .ln{fill:#475569}
.pic .st{font-size:12px;font-weight:700;letter-spacing:.04em;fill:#64748b}
.pic .sl{font-size:12px;fill:#64748b}
.pic .sw{font-size:12px;font-weight:700}
.pic .sn,.pic .co{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace}
.pic .sn{font-size:12.5px;font-weight:600;fill:#0f172a}
.pic .co{font-size:12px;font-weight:700}
.pic .tt{font-size:12px;fill:#475569}
.pic .tag{fill:#e2e8f0}
.pic .icon{fill:none;stroke:#475569;stroke-width:1.4;stroke-linecap:round;stroke-linejoin:round}
.pic .card,.pic .lh{fill:#f8fafc;stroke:#cbd5e1;stroke-width:1}
.pic .lh.under{fill:#fff}
.pic .hb{stroke:none}
.pic .hatch{stroke:#b45309;stroke-width:2.4}
.pic .mark .mo{stroke:#fff;stroke-width:2}
.pic .mark .ms{fill:none;stroke:#fff;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.pic .rail,.pic .reply{fill:none;stroke-width:4;stroke-linecap:butt}
.pic .reply{stroke-width:2;stroke-dasharray:5 3}
.pic .rail.unknown{stroke-dasharray:8 5}
.pic .rail.partial{stroke-dasharray:14 3}
.pic .rail.unreached,.pic .reply.unreached{stroke-width:2;stroke-dasharray:1.5 4.5;stroke-linecap:round}
.pic .mark.pass .mo,.pic .head.pass{fill:#15803d}
.pic .mark.warn .mo{fill:#b45309}
.pic .mark.partial .mo,.pic .head.partial{fill:#c2410c}
.pic .mark.stop .mo{fill:#b91c1c}
.pic .mark.unknown .mo,.pic .head.unknown{fill:#b45309}
.pic .mark.unreached .mo,.pic .mark.none .mo{fill:#fff;stroke:#94a3b8;stroke-dasharray:2.5 2}
.pic .head.unreached{fill:none}
.pic .half{fill:#fff;fill-opacity:.85}
.pic .mark.warn .ms,.pic .mark.unknown .ms{stroke-width:2.2}
.pic .rail.pass,.pic .reply.pass{stroke:#15803d}
.pic .rail.partial,.pic .reply.partial{stroke:#c2410c}
.pic .rail.unknown,.pic .reply.unknown{stroke:#b45309}
.pic .rail.unreached,.pic .reply.unreached{stroke:#94a3b8}
.pic .pass>.sw,.pic .lw.pass,.pic .bt.pass{fill:#15803d}
.pic .warn>.sw,.pic .lw.warn,.pic .bt.warn,.pic .unknown>.sw,.pic .lw.unknown,.pic .bt.unknown{fill:#92400e}
.pic .partial>.sw,.pic .lw.partial,.pic .bt.partial{fill:#9a3412}
.pic .stop>.sw,.pic .lw.stop,.pic .bt.stop{fill:#b91c1c}
.pic .unreached>.sw{fill:#64748b;font-weight:400}
.pic .badge{fill:#f8fafc;stroke:#94a3b8}
.pic .stop>.card,.pic .lh.stop,.pic .badge.stop{fill:#fef2f2;stroke:#b91c1c;stroke-width:2}
.pic .pass>.card,.pic .lh.pass,.pic .badge.pass{stroke:#86b898}
.pic .lh.pass,.pic .badge.pass{fill:#f0fdf4;stroke:#15803d;stroke-width:1.5}
.pic .unknown>.card,.pic .lh.unknown,.pic .badge.unknown{fill:#fffbeb;fill-opacity:.6;stroke:#b45309;stroke-width:1.5;stroke-dasharray:6 3}
.pic .partial>.card,.pic .lh.partial,.pic .badge.partial{fill:#fff7ed;stroke:#c2410c;stroke-width:1.5}
.pic .warn>.card,.pic .badge.warn{fill:#fffbeb;stroke:#b45309}
.pic .unreached>.card,.pic .off>.card{fill:none;stroke:#94a3b8;stroke-dasharray:2 3}
.pic .off.stop>.card{fill:#fef2f2;stroke:#b91c1c;stroke-width:2;stroke-dasharray:none}
@media screen and (prefers-color-scheme:dark){
.pic text{fill:#e2e8f0}
.pic .paper{fill:#0f172a}
.pic .pt,.pic .lt,.pic .sn{fill:#f8fafc}
.pic .pn,.pic .pl,.pic .ln,.pic .tt{fill:#cbd5e1}
.pic .st,.pic .sl{fill:#94a3b8}
.pic .tag{fill:#334155}
.pic .icon{stroke:#cbd5e1}
.pic .card,.pic .lh,.pic .badge{fill:#1e293b;stroke:#475569}
.pic .lh.under{fill:#0f172a}
.pic .hatch{stroke:#fbbf24}
.pic .mark .mo{stroke:#0f172a}
.pic .mark .ms{stroke:#0f172a}
.pic .half{fill:#0f172a}
.pic .mark.pass .mo,.pic .head.pass{fill:#4ade80}
.pic .mark.warn .mo,.pic .mark.unknown .mo,.pic .head.unknown{fill:#fbbf24}
.pic .mark.partial .mo,.pic .head.partial{fill:#fb923c}
.pic .mark.stop .mo{fill:#f87171}
.pic .mark.unreached .mo,.pic .mark.none .mo{fill:#0f172a;stroke:#64748b}
.pic .rail.pass,.pic .reply.pass{stroke:#4ade80}
.pic .rail.partial,.pic .reply.partial{stroke:#fb923c}
.pic .rail.unknown,.pic .reply.unknown{stroke:#fbbf24}
.pic .rail.unreached,.pic .reply.unreached{stroke:#64748b}
.pic .pass>.sw,.pic .lw.pass,.pic .bt.pass{fill:#4ade80}
.pic .warn>.sw,.pic .lw.warn,.pic .bt.warn,.pic .unknown>.sw,.pic .lw.unknown,.pic .bt.unknown{fill:#fbbf24}
.pic .partial>.sw,.pic .lw.partial,.pic .bt.partial{fill:#fb923c}
.pic .stop>.sw,.pic .lw.stop,.pic .bt.stop{fill:#fca5a5}
.pic .unreached>.sw{fill:#94a3b8}
.pic .stop>.card,.pic .lh.stop,.pic .badge.stop,.pic .off.stop>.card{fill:#3f1d24;stroke:#f87171}
.pic .pass>.card{stroke:#3f6a50}
.pic .lh.pass,.pic .badge.pass{fill:#12291f;stroke:#4ade80}
.pic .unknown>.card,.pic .lh.unknown,.pic .badge.unknown{fill:#2d2410;stroke:#fbbf24}
.pic .partial>.card,.pic .lh.partial,.pic .badge.partial{fill:#331f10;stroke:#fb923c}
.pic .warn>.card,.pic .badge.warn{fill:#2d2410;stroke:#fbbf24}
.pic .unreached>.card,.pic .off>.card{fill:none;stroke:#64748b}
}
`
