// The panel's style sheet. Colours, radii and type are the site's own tokens, which reach into a shadow
// root; --brand and --on-brand come from the launcher.

export const STYLE = `
*, *::before, *::after { box-sizing: border-box }
[hidden] { display: none !important }
h2, h3, p, ul, fieldset, legend { margin: 0; padding: 0; border: 0; list-style: none }
button, input, textarea { font: inherit; color: inherit; letter-spacing: inherit }
button { border: 0; background: none; cursor: pointer }
button:disabled { opacity: .6; cursor: default }
.icon { flex: none; width: 1.375rem; height: 1.375rem; fill: none; stroke: currentcolor;
  stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.icon-more { stroke-width: 3 }
:focus-visible { outline: 3px solid var(--primary); outline-offset: 2px; border-radius: var(--r-field) }
a { color: var(--primary); text-underline-offset: .2em; text-decoration-thickness: 1px }

.panel {
  background: var(--surface); border: 1px solid var(--line); box-shadow: var(--shadow-2);
  position: fixed; inset: auto; bottom: calc(1rem + env(safe-area-inset-bottom)); z-index: 61;
  width: min(25rem, 100vw - 2rem); height: min(42.5rem, 100dvh - 2rem); max-width: none; max-height: none;
  margin: 0; padding: 0; overflow: hidden; border-radius: var(--r-panel);
  color: var(--ink); font: 400 1rem / 1.45 var(--font); text-align: start;
  overflow-wrap: anywhere; -webkit-font-smoothing: antialiased;
}
.panel.right { right: calc(1rem + env(safe-area-inset-right)) }
.panel.left { left: calc(1rem + env(safe-area-inset-left)) }
.panel[open] { display: flex; flex-direction: column; animation: rise 220ms ease-out }
.panel.full { inset: 0 auto auto 0; width: 100vw; height: 100dvh; border: 0; border-radius: 0; overscroll-behavior: contain }
.panel::backdrop { background: var(--scrim) }
@supports (backdrop-filter: blur(1px)) {
  .panel:not(.full) { background: color-mix(in srgb, var(--surface) 86%, transparent);
    backdrop-filter: blur(18px) saturate(1.5);
    border-color: var(--edge-above) var(--edge-below) var(--edge-below);
    box-shadow: inset 0 1px 0 var(--edge-above), 0 0 0 1px var(--edge-below), var(--shadow-2) }
}
@keyframes rise { from { opacity: 0; transform: translateY(.75rem) } }
@keyframes appear { from { opacity: 0; transform: translateY(.375rem) } }
@keyframes nod { 30% { opacity: 1; transform: translateY(-.1875rem) } 60%, to { opacity: .45; transform: none } }

.head { position: relative; z-index: 3; flex: none; display: flex; align-items: center; gap: .125rem;
  padding: .625rem .5rem .625rem .875rem; border-bottom: 1px solid var(--edge-below) }
.full .head { padding-top: calc(.625rem + env(safe-area-inset-top)); border-color: var(--line) }
.mark-of-lab { flex: none; display: grid; place-items: center; width: 2.5rem; height: 2.5rem; margin-inline-end: .625rem;
  border-radius: 50%; background: var(--brand); color: var(--on-brand) }
.names { flex: 1; min-width: 0 }
h2 { font-size: 1.0625rem; font-weight: var(--bold); line-height: 1.25; letter-spacing: -.01em }
.status { display: flex; align-items: baseline; gap: .4375rem; color: var(--muted); font-size: .8125rem; line-height: 1.35 }
.status::before { content: ""; flex: none; width: .5rem; height: .5rem; border-radius: 50%; border: 2px solid var(--line-strong) }
.status.is-open::before { border-color: var(--ok); background: var(--ok) }

.icon-button { flex: none; display: grid; place-items: center; width: 2.75rem; height: 2.75rem; padding: 0; border-radius: 50%;
  color: var(--muted); transition: background-color var(--fast), color var(--fast) }
.icon-button:hover { background: var(--tint); color: var(--primary-strong) }
.icon-button:focus-visible { border-radius: 50%; outline-offset: -2px }
.quiet, .solid { display: inline-flex; align-items: center; justify-content: center; min-height: 2.75rem; padding: .375rem .875rem; border-radius: var(--r-pill);
  font-size: .9375rem; font-weight: 500; line-height: 1.25; text-decoration: none; transition: background-color var(--fast), color var(--fast) }
.quiet { color: var(--primary) }
.quiet:hover { background: var(--tint); color: var(--primary-strong) }
.solid { background: var(--primary); color: var(--on-primary); border: 1px solid transparent }
.solid:hover { background: var(--primary-strong) }
.quiet.bad { color: var(--bad) }
.solid.bad { background: var(--bad); color: var(--surface) }
.chip { border: 1px solid var(--line-strong); background: var(--surface); color: var(--ink); font-weight: 400 }
.chip:hover { border-color: var(--primary) }
:is(.quiet, .solid, .chip):focus-visible { border-radius: var(--r-pill) }

.menu { position: absolute; inset: calc(100% - .375rem) .75rem auto auto; width: min(19rem, 100% - 1.5rem); padding: .375rem;
  border: 1px solid var(--line); border-radius: var(--r-card); background: var(--surface); box-shadow: var(--shadow-2); animation: appear 160ms ease-out }
.menu > * { display: flex; align-items: center; gap: .75rem; width: 100%; min-height: 2.75rem; padding: .375rem .75rem; border-radius: var(--r-field);
  color: var(--ink); font-size: .9375rem; line-height: 1.3; text-align: start; text-decoration: none }
.menu > :hover { background: var(--tint); color: var(--primary-strong) }
.menu > :focus-visible { outline-offset: -3px }
.menu .icon { color: var(--muted) }

.bar:not(:empty), .alert:not(:empty) { flex: none; padding: .5rem 1rem; font-size: .875rem; line-height: 1.35; animation: appear 200ms ease-out }
.bar { background: var(--warn-tint); color: var(--warn) }
.alert { background: var(--bad-tint); color: var(--bad) }
:is(.bar, .alert):not(:empty) { border-block: 1px solid color-mix(in srgb, currentcolor 20%, transparent) }

.log { position: relative; flex: 1 1 10rem; min-height: 4rem; background: color-mix(in srgb, var(--canvas) 60%, transparent) }
.full .log { background: var(--canvas) }
.scroller { height: 100%; overflow: hidden auto; overscroll-behavior: contain; overflow-anchor: none; scrollbar-width: thin; scrollbar-color: var(--line-strong) transparent }
.scroller:focus-visible { outline-offset: -3px }
.inside { min-height: 100%; display: flex; flex-direction: column; padding: 1rem .875rem 1.125rem }
.intro { display: grid; gap: .5rem; margin-bottom: .75rem }
.greeting { justify-self: start; max-width: 88%; padding: .625rem .875rem; border: 1px solid var(--line);
  border-radius: 1.125rem 1.125rem 1.125rem .375rem; background: var(--surface); white-space: pre-line }
.emergency { padding-inline: .25rem; color: var(--bad); font-size: .8125rem; line-height: 1.4 }
.older { text-align: center }
.list { display: flex; flex-direction: column }
.day, .system, .new { align-self: center; max-width: 90%; margin: .875rem 0 .25rem; color: var(--muted); font-size: .8125rem; line-height: 1.4; text-align: center }
.new { display: flex; align-self: stretch; align-items: center; gap: .75rem; max-width: none; color: var(--primary); font-weight: 500 }
.new::before, .new::after { content: ""; flex: 1; border-top: 1px solid currentcolor; opacity: .4 }
.message { display: flex; flex-direction: column; align-items: flex-start; margin-top: .75rem }
.message.goes-on { margin-top: .25rem }
.own { align-items: flex-end }
[aria-live=polite] > .message { animation: appear 200ms ease-out }
.bubble { max-width: 86%; padding: .5rem .875rem; border: 1px solid var(--line); border-radius: 1.125rem 1.125rem 1.125rem .375rem; background: var(--surface) }
.own .bubble { border-color: transparent; border-radius: 1.125rem 1.125rem .375rem; background: var(--brand); color: var(--on-brand) }
.own .bubble a { color: inherit }
.own .bubble ::selection { background: var(--on-brand); color: var(--brand) }
.own :focus-visible:not(button) { outline-color: var(--on-brand); outline-offset: -3px }
.failed .bubble { border-color: var(--bad); background: var(--bad-tint); color: var(--ink) }
.bubble p { white-space: pre-wrap; unicode-bidi: plaintext; text-align: start }
.bubble .gone { font-style: italic; opacity: .85 }
.name { display: block; color: var(--primary); font-size: .8125rem; font-weight: 500; line-height: 1.5 }
.file { display: flex; align-items: center; gap: .5rem; min-height: 2.75rem; font-size: .9375rem; text-decoration: none }
.file .file-name { text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: .2em }
.file-name { flex: 1; min-width: 0 }
.meta { display: flex; flex-wrap: wrap; align-items: center; gap: 0 .5rem; min-height: 1.25rem; margin-top: .125rem; padding-inline: .375rem; color: var(--muted); font-size: .75rem; line-height: 1.4 }
.own .meta { justify-content: flex-end }
.state { display: inline-flex; align-items: center; gap: .25rem }
.state .icon { width: 1rem; height: 1rem; stroke-width: 2 }
.state.read { color: var(--primary) }
.state.failed, .why { color: var(--bad) }
.why { width: 100%; font-size: .8125rem; text-align: end }
.acts { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem }
.own .acts { justify-content: flex-end; width: 100%; font-size: .875rem }
.acts .quiet { padding-inline: .625rem; font-size: .875rem }
.small.icon-button { width: 1.75rem; height: 1.75rem; position: relative; margin-block: -.25rem }
.small.icon-button::after { content: ""; position: absolute; inset: -.5rem }
.small .icon { width: 1.125rem; height: 1.125rem }
.dots { align-self: flex-start; display: flex; gap: .25rem; margin-top: .75rem; padding: .75rem .875rem; border: 1px solid var(--line); border-radius: 1.125rem 1.125rem 1.125rem .375rem; background: var(--surface) }
.dots i { width: .4375rem; height: .4375rem; border-radius: 50%; background: var(--muted); opacity: .45; animation: nod 1.2s infinite }
.dots i:nth-child(2) { animation-delay: 150ms } .dots i:nth-child(3) { animation-delay: 300ms }
.newest { position: absolute; right: .75rem; bottom: .75rem; border: 1px solid var(--line); background: var(--surface); box-shadow: var(--shadow-1); color: var(--primary) }

.tail { display: grid; gap: .5rem; margin-top: 1rem; text-align: center }
p.small { color: var(--muted); font-size: .8125rem }
p.small .quiet { min-height: 1.75rem; padding: 0 .375rem; font-size: inherit }
.card { display: grid; gap: .75rem; justify-items: center; padding: 1rem; border: 1px solid var(--line); border-radius: var(--r-card); background: var(--surface); font-size: .9375rem }
.rating fieldset { min-width: 0; width: 100% }
.rating legend { width: 100%; margin-bottom: .625rem; font-weight: 500 }
.marks { display: flex; justify-content: center; gap: .375rem }
.mark { position: relative; flex: 0 1 3rem; display: grid; place-items: center; height: 2.75rem; border: 1px solid var(--line-strong); border-radius: var(--r-field); cursor: pointer; font-variant-numeric: tabular-nums }
.mark input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer }
.mark:hover { border-color: var(--primary); background: var(--tint) }
.mark:has(:checked) { border-color: var(--primary); background: var(--primary); color: var(--on-primary) }
.mark:has(:focus-visible) { outline: 3px solid var(--primary); outline-offset: 2px }
.ends { display: flex; justify-content: space-between; max-width: 17rem; margin: .25rem auto 0; color: var(--muted); font-size: .8125rem }
.comment { display: grid; gap: .75rem; width: 100% }
.labelled { display: grid; gap: .25rem; font-size: .9375rem; text-align: start }
.labelled small { color: var(--muted); font-size: .8125rem }
.input { width: 100%; min-height: 2.875rem; padding: .5rem .75rem; border: 1px solid var(--line-strong); border-radius: var(--r-field); background: var(--surface); font-size: 1rem; resize: vertical }

.trouble { flex: none; display: grid; gap: .75rem; justify-items: center; padding: 1rem; text-align: center; color: var(--muted); font-size: .9375rem }

.composer { flex: 0 1 auto; min-height: 4.25rem; max-height: 62%; display: flex; flex-direction: column; padding: .75rem .75rem .375rem; border-top: 1px solid var(--edge-below) }
.full .composer { border-color: var(--line) }
.notice { flex: none; padding: 0 1.25rem .625rem; color: var(--muted); font-size: .75rem; line-height: 1.35; text-align: center; text-wrap: pretty }
.full .notice { padding-bottom: calc(.625rem + env(safe-area-inset-bottom)) }
.extras { display: grid; gap: .5rem; min-height: 0; overflow-y: auto; overscroll-behavior: contain; margin: -.25rem -.25rem 0; padding: .25rem }
.extras:not(:has(> :not([hidden]))) { display: none }
.above, .about { display: flex; align-items: center; gap: .5rem; padding-inline-start: .625rem; border-radius: var(--r-field); background: var(--tint); color: var(--primary-strong); font-size: .875rem; line-height: 1.35 }
:is(.above, .about) span { flex: 1; min-width: 0; padding-block: .375rem }
:is(.above, .about) > .icon { width: 1.125rem; height: 1.125rem }
.topics { display: flex; flex-wrap: wrap; gap: .375rem }
.files { display: grid; gap: .25rem }
.files li { display: flex; align-items: center; gap: .5rem; padding-inline-start: .625rem; border: 1px solid var(--line); border-radius: var(--r-field); background: var(--surface); font-size: .875rem; line-height: 1.3 }
.files small { display: block; color: var(--muted); font-size: .8125rem }
.files .bad :is(small, .icon) { color: var(--bad) }
progress { display: block; width: 100%; height: .25rem; margin-top: .25rem; border: 0; border-radius: 1rem; overflow: hidden; accent-color: var(--primary) }
.warning, .problem { display: flex; align-items: flex-start; gap: .5rem; font-size: .875rem; line-height: 1.35 }
.warning { color: var(--warn) } .problem { color: var(--bad) }
.warning .icon { width: 1.125rem; height: 1.125rem }
.consent { display: grid; font-size: .8125rem; line-height: 1.4; color: var(--muted) }
.consent label, .tick { display: flex; gap: .625rem; align-items: flex-start; padding-block: .25rem; cursor: pointer }
.consent input, .tick input { flex: none; width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--primary) }
.consent input[aria-invalid] { outline: 2px solid var(--bad); outline-offset: 2px }
.consent a { justify-self: start; margin-inline-start: 1.875rem; padding-block: .25rem }
.field { flex: none; display: flex; margin-top: .25rem; align-items: flex-end; border: 1px solid var(--line-strong); border-radius: 1.5rem; background: var(--surface); transition: border-color var(--fast) }
.field:focus-within { border-color: var(--primary); box-shadow: inset 0 0 0 1px var(--primary) }
.grow { flex: 1; min-width: 0; display: grid; font-size: 1rem; line-height: 1.5 }
.grow::after { content: attr(data-text) " "; visibility: hidden; white-space: pre-wrap; overflow-wrap: anywhere }
.grow > textarea, .grow::after { grid-area: 1 / 1; min-width: 0; max-height: 10.25rem; padding-block: .625rem }
textarea { width: 100%; padding-inline: 0; border: 0; background: none; resize: none; line-height: inherit; scrollbar-width: thin }
.grow > textarea:focus-visible { outline: 0 }
textarea.input { padding: .5rem .75rem; border: 1px solid var(--line-strong); background: var(--surface) }
textarea::placeholder { color: var(--muted); opacity: 1 }
.send { margin: .1875rem; width: 2.5rem; height: 2.5rem; position: relative }
.send::after { content: ""; position: absolute; inset: -.125rem }
.send.ready { background: var(--brand); color: var(--on-brand) }
.send.ready:hover { background: var(--primary-strong); color: var(--on-primary) }

.ask { width: min(22rem, 100vw - 2rem); padding: 1.25rem; border: 1px solid var(--line); border-radius: var(--r-panel); background: var(--surface); color: var(--ink); box-shadow: var(--shadow-2); font: inherit; animation: rise 200ms ease-out }
.ask::backdrop { background: var(--scrim) }
.ask form { display: grid; gap: .875rem }
h3 { font-size: 1.125rem; font-weight: var(--bold); line-height: 1.25 }
#kdl-ask-lead { color: var(--muted); font-size: .9375rem }

@media (max-height: 30rem) { .notice { display: none } }
@media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation: none !important; transition: none !important } }
@media (prefers-reduced-transparency: reduce), (prefers-contrast: more), (forced-colors: active) {
  .panel:not(.full) { background: var(--surface); backdrop-filter: none; border-color: var(--line-strong) }
  .log { background: var(--canvas) }
}
@media (forced-colors: active) {
  .own .bubble, .solid, .chip, .about, .above, .send.ready, .mark-of-lab { border: 1px solid }
  .mark:has(:checked) { outline: 3px solid Highlight }
}
`;
