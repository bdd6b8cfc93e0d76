package report

// mapStyle is what the map adds to the pages' style; it loads nothing.
const mapStyle = `
.controls{position:sticky;top:0;z-index:1;background:#fff;border-bottom:1px solid #cbd5e1;padding-bottom:4px}
.controls p{margin:6px 0;display:flex;flex-wrap:wrap;gap:6px 10px;align-items:center}
.controls select,.controls input,.controls button{font:inherit;font-size:14px;min-height:32px;max-width:280px;color:inherit;background:#fff;border:1px solid #64748b;border-radius:6px;padding:2px 8px}
.controls button{cursor:pointer}
.controls [aria-pressed=false]{text-decoration:line-through;border-style:dotted}
:focus-visible{outline:3px solid #1d4ed8;outline-offset:2px}
.pair{display:inline-flex;gap:8px;align-items:center;max-width:100%}
.key{display:inline-flex;gap:6px;align-items:center}
.vpc{border:1px solid #cbd5e1;border-radius:10px;margin:16px 8px;padding:4px 12px 12px}
.vpc>summary h2{margin:8px 10px 4px 0}
.group{border-left:6px solid #94a3b8;padding:4px 0 4px 12px;margin:12px 0}
.group.pass{border-left-color:#15803d}.group.stop{border-left:6px double #b91c1c}.group.partial{border-left-color:#c2410c}.group.unknown{border-left:6px dashed #b45309}
.path{margin:0 0 4px;font-size:13px}
.answer{margin:0 0 6px;display:flex;gap:10px}
.tiles,.parts{list-style:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:8px;padding:0;margin:0 0 6px}
.tile,.part{border:1px solid #94a3b8;border-radius:7px;padding:6px 10px;font-size:13px;line-height:1.4;break-inside:avoid;content-visibility:auto;contain-intrinsic-size:auto 104px}
.tile>*,.part>*{display:block}
.tile .now,.part .word{font-weight:700}
.pass .now,.part.pass .word{color:#15803d}.stop .now{color:#b91c1c}.partial .now{color:#9a3412}.unknown .now{color:#92400e}
.tile.pass{background:#f0fdf4;border-color:#15803d}
.tile.stop{background:#fef2f2;border:2px solid #b91c1c}
.tile.partial{background:#fff7ed;border-color:#c2410c}
.tile.unknown{background:#fffbeb;border:1px dashed #b45309}
.part.unreached{border-style:dotted}.part.unreached .word{font-weight:400}
.more{margin:2px 0 6px}
.more dl{margin-top:6px}
.chain{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace;font-size:12.5px}
[hidden]{display:none!important}
@media screen and (max-width:640px){.controls{position:static}.pair{width:100%}.pair label{min-width:56px}.controls select,.controls input{max-width:100%;min-width:0;flex:1 1 60%}}
@media screen and (prefers-color-scheme:dark){
.controls{background:#0f172a;border-color:#334155}
.controls select,.controls input,.controls button{background:#1e293b;border-color:#94a3b8}
:focus-visible{outline-color:#93c5fd}
.vpc{border-color:#475569}
.group.pass{border-left-color:#4ade80}.group.stop{border-left-color:#f87171}.group.partial{border-left-color:#fb923c}.group.unknown{border-left-color:#fbbf24}
.pass .now,.part.pass .word{color:#4ade80}.stop .now{color:#fca5a5}.partial .now{color:#fb923c}.unknown .now{color:#fbbf24}
.tile.pass{background:#12291f;border-color:#4ade80}
.tile.stop{background:#3f1d24;border-color:#f87171}
.tile.partial{background:#331f10;border-color:#fb923c}
.tile.unknown{background:#2d2410;border-color:#fbbf24}
}
@media print{.controls{position:static}.controls .filters,.controls button:not(.key){display:none}.tile,.part{content-visibility:visible;padding:3px 6px;font-size:9pt;line-height:1.25}.vpc{margin:8px 0;padding:2px 8px 6px}.group{padding:2px 0 2px 8px;margin:6px 0}.tiles,.parts{grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:4px}.more{display:none}}
`

// mapScript shows and hides what the page holds, and sets classes from the
// letters in data-v. It writes text with textContent alone, never markup.
const mapScript = `'use strict';
const $ = id => document.getElementById(id), all = (s, e = document) => [...e.querySelectorAll(s)];
const words = {R: 'REACHABLE', P: 'PARTIAL', U: 'UNKNOWN', B: 'BLOCKED'}, marks = {R: 'pass', P: 'partial', U: 'unknown', B: 'stop'}, glyphs = {R: '✓', P: '◐', U: '?', B: '✗'};
const fields = ['view', 'q', 'region', 'vpc', 'tag'];
const groups = all('.group').map(e => ({e, v: e.dataset.v, vpc: e.closest('.vpc'), now: all('.now', e), tiles: all('.tile', e).map(t => ({e: t, text: (t.textContent + '\n' + t.dataset.tags).toLowerCase(), tags: t.dataset.tags.split('\n')}))}));
const keys = all('.key');
let painted = 0;
function paint(view) {
  for (const g of groups) {
    const k = g.v[view];
    g.e.className = 'group ' + marks[k];
    for (const t of g.tiles) t.e.className = 'tile ' + marks[k];
    for (const n of g.now) n.textContent = glyphs[k] + ' ' + words[k];
  }
  painted = view;
}
function apply() {
  const view = Number($('view').value), q = $('q').value.trim().toLowerCase(), region = $('region').value, vpc = $('vpc').value, tag = $('tag').value;
  const on = keys.filter(k => k.getAttribute('aria-pressed') === 'true').map(k => k.dataset.k).join('');
  if (view !== painted) paint(view);
  const count = {}, left = new Map();
  let shown = 0;
  for (const g of groups) {
    const d = g.vpc.dataset, k = g.v[view];
    let n = 0;
    const here = (!region || d.region === region) && (!vpc || d.vpc === vpc);
    for (const t of g.tiles) {
      const match = here && (!q || t.text.includes(q)) && (!tag || t.tags.includes(tag));
      if (match) count[k] = (count[k] || 0) + 1;
      t.e.hidden = !(match && on.includes(k));
      if (!t.e.hidden) n++;
    }
    g.e.hidden = n === 0;
    left.set(g.vpc, (left.get(g.vpc) || 0) + n);
    shown += n;
  }
  const filtered = q || region || vpc || tag || on.length < keys.length;
  for (const e of all('.vpc')) e.hidden = Boolean(filtered) && !left.get(e);
  for (const k of keys) k.querySelector('.n').textContent = count[k.dataset.k] || 0;
  $('shown').textContent = shown + (shown === 1 ? ' subnet' : ' subnets') + ' shown.';
  const p = new URLSearchParams();
  for (const f of fields) if ($(f).value && !(f === 'view' && view === 0)) p.set(f, $(f).value);
  if (on.length < keys.length) p.set('verdict', on);
  const hash = p.toString();
  if (hash !== location.hash.slice(1)) history.replaceState(null, '', '#' + hash);
}
function read() {
  const p = new URLSearchParams(location.hash.slice(1));
  for (const f of fields) {
    $(f).value = p.get(f) || (f === 'view' ? '0' : '');
    if ($(f).selectedIndex === -1) $(f).selectedIndex = 0;
  }
  const on = p.get('verdict');
  for (const k of keys) k.setAttribute('aria-pressed', String(on === null || on.includes(k.dataset.k)));
  apply();
}
for (const f of fields) $(f).addEventListener('input', apply);
for (const k of keys) k.addEventListener('click', () => { k.setAttribute('aria-pressed', String(k.getAttribute('aria-pressed') !== 'true')); apply(); });
$('fold').addEventListener('click', () => { const open = all('.vpc').some(e => e.open); for (const e of all('.vpc')) e.open = !open; $('fold').textContent = open ? 'Unfold all' : 'Fold all'; });
$('reset').addEventListener('click', () => { location.hash = ''; read(); });
addEventListener('hashchange', read);
read();
`
