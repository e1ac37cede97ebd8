/** Style of the local GitHub's pages: the system's font and colours, dark or light. */
export const pageStyle = `
:root{color-scheme:light dark;--line:light-dark(#d5d9de,#3a4048);--soft:light-dark(#f5f6f8,#1d2127);--quiet:light-dark(#59636e,#9aa4af);--link:light-dark(#0b5bc0,#6cb0ff)}
*{box-sizing:border-box}
body{margin:0;font:16px/1.55 system-ui,sans-serif;background:light-dark(#fff,#14171b);color:light-dark(#1d2228,#e4e8ec)}
header{display:flex;gap:.75rem;align-items:baseline;padding:.7rem 1.25rem;border-bottom:1px solid var(--line);background:var(--soft)}
header a{font-weight:600;color:inherit}header span,small{color:var(--quiet)}
main{max-width:60rem;margin:0 auto;padding:1rem 1.25rem 4rem}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
h1{font-size:1.5rem;line-height:1.3}h1 small{font-weight:400}h2{font-size:1.2rem}h3{font-size:1.05rem}
.list{list-style:none;padding:0;border:1px solid var(--line);border-radius:8px}.list li{padding:.6rem 1rem}.list li+li{border-top:1px solid var(--line)}
.state{padding:.1rem .6rem;border-radius:1rem;font-size:.8rem;font-weight:600;color:#fff}.state.open{background:#1a7f4b}.state.closed{background:#7049c9}
.label{padding:.05rem .5rem;border:1px solid var(--line);border-radius:1rem;font-size:.75rem;color:var(--quiet)}
article{border:1px solid var(--line);border-radius:8px;margin:1rem 0;overflow:hidden}article:target{border-color:var(--link)}
.head{padding:.5rem 1rem;background:var(--soft);border-bottom:1px solid var(--line)}.body{padding:.4rem 1rem;overflow-x:auto}.reactions{padding:0 1rem .7rem}
.reaction{border:1px solid var(--line);border-radius:1rem;padding:.1rem .5rem;margin-right:.3rem}
table{border-collapse:collapse;margin:.6rem 0}th,td{border:1px solid var(--line);padding:.3rem .7rem;vertical-align:top}th{background:var(--soft);text-align:left}.right{text-align:right}.center{text-align:center}
pre{background:var(--soft);border-radius:6px;padding:.8rem 1rem;overflow-x:auto}code{font:.88em ui-monospace,monospace;background:var(--soft);border-radius:4px;padding:.1em .3em}pre code{padding:0}
blockquote{margin:.6rem 0;padding:0 1rem;border-left:4px solid var(--line);color:var(--quiet)}
.alert{margin:.6rem 0;padding:.1rem 1rem;border-left:4px solid #4c8dff}.alert.warning,.alert.caution{border-color:#d9822b}.alert.tip{border-color:#1a7f4b}.alert-title{font-weight:600}
details{margin:.5rem 0}summary{cursor:pointer;font-weight:600}
textarea{width:100%;font:inherit;padding:.6rem;border:1px solid var(--line);border-radius:8px;background:transparent;color:inherit}
select,button{font:inherit;padding:.35rem .8rem;border:1px solid var(--line);border-radius:6px;background:var(--soft);color:inherit}button{background:#1a7f4b;border-color:#1a7f4b;color:#fff;cursor:pointer}
`;
