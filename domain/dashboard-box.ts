/** What ticking a box asks for: `look` looks at every run again; the others are commands of the same name. */
export const boxVerbs = ['look', 'resume', 'retry', 'approve'] as const;
type BoxVerb = (typeof boxVerbs)[number];

/** A checkbox of the dashboard. */
export interface DashboardBox {
  readonly verb: BoxVerb;
  /** A run, `<run>/<pool>`, or a policy; empty where the verb is about the whole fleet. */
  readonly target: string;
}

/** Letters of a target; the names of runs, pools and policies hold no others, so nothing real is lost. */
const TARGET_FORM = /^[A-Za-z0-9_./-]{0,200}$/;
const BOX_LINE = /^- \[([ xX])\] <!-- slackwater:box:([a-z]+):([A-Za-z0-9_./-]{0,200}) -->/gm;

/** Name of a box, by which it is found again in a body. */
function keyOf({ verb, target }: DashboardBox): string {
  return `${verb}:${target}`;
}

/** A box, not ticked, followed by `label`, which must be Markdown already; empty where the target has letters no box can hold. */
export function renderBox(box: DashboardBox, label: string): string {
  return TARGET_FORM.test(box.target) ? `- [ ] <!-- slackwater:box:${keyOf(box)} -->${label}` : '';
}

/** Every box of a body that is ticked, each once; what is no box of this version is left out. */
export function tickedBoxes(body: string): readonly DashboardBox[] {
  const found = [...body.matchAll(BOX_LINE)].flatMap(([, mark = ' ', name = '', target = '']): readonly DashboardBox[] => {
    const verb = boxVerbs.find((known) => known === name);
    return mark === ' ' || verb === undefined ? [] : [{ verb, target }];
  });
  return found.filter((box, index) => found.findIndex((each) => keyOf(each) === keyOf(box)) === index);
}

/** The boxes that are ticked in `body` and were not in `before`. */
export function newlyTicked(before: string, body: string): readonly DashboardBox[] {
  const known = tickedBoxes(before).map(keyOf);
  return tickedBoxes(body).filter((box) => !known.includes(keyOf(box)));
}

/** The body with these boxes cleared; every other byte stays, the ticks of others too. */
export function clearBoxes(body: string, boxes: readonly DashboardBox[]): string {
  const keys = boxes.map(keyOf);
  return body.replace(BOX_LINE, (line, _mark: string, verb: string, target: string) => (keys.includes(`${verb}:${target}`) ? line.replace(/^- \[[xX]\]/, '- [ ]') : line));
}

/** The body with boxes ticked that are ticked in `present`: a tick that was not handled yet must survive a new text. */
export function keepTicks(body: string, present: string): string {
  const keys = tickedBoxes(present).map(keyOf);
  return body.replace(BOX_LINE, (line, _mark: string, verb: string, target: string) => (keys.includes(`${verb}:${target}`) ? line.replace(/^- \[ \]/, '- [x]') : line));
}
