/** One right the GitHub App asks for, and what it is for. */
interface AppPermission {
  /** GitHub's own name of it. */
  readonly name: 'checks' | 'contents' | 'issues' | 'members' | 'metadata' | 'pull_requests';
  readonly access: 'read' | 'write';
  readonly reason: string;
}

/** One webhook event the GitHub App subscribes to, and what it is for. */
interface AppEvent {
  readonly name: 'check_run' | 'issue_comment' | 'issues' | 'pull_request';
  readonly reason: string;
}

/** Every permission Slackwater needs: the only list; manifest, README and the local GitHub have theirs from here. */
export const appPermissions: readonly AppPermission[] = [
  { name: 'checks', access: 'write', reason: 'a check run on every pull request that changes a policy' },
  { name: 'contents', access: 'write', reason: 'reads policies; writes the branch slackwater-state, the calendar, and branches of its own pull requests' },
  { name: 'issues', access: 'write', reason: 'the issues of runs and debts and the dashboard, comments and reactions on issues' },
  { name: 'members', access: 'read', reason: 'teams that a policy names for approvals and commands' },
  { name: 'metadata', access: 'read', reason: 'the permission of whoever commands; GitHub gives it to every App' },
  { name: 'pull_requests', access: 'write', reason: 'upgrade and write-back pull requests, comments on pull requests' },
];

/** Every event Slackwater subscribes to. */
export const appEvents: readonly AppEvent[] = [
  { name: 'check_run', reason: 'the button that approves' },
  { name: 'issue_comment', reason: 'commands in comments' },
  { name: 'issues', reason: 'boxes that somebody ticks on the dashboard' },
  { name: 'pull_request', reason: 'policies that change, and changes that would undo an upgrade' },
];

/** What a person chooses of a new App. */
export interface AppWish {
  readonly name: string;
  /** Shown to people as the App's own page. */
  readonly homepage: string;
  /** Where GitHub sends webhooks. */
  readonly webhookUrl: string;
  /** Where GitHub sends the browser once the App is made. */
  readonly redirectUrl: string;
}

/** The manifest GitHub makes the App from. @see GitHub Docs, "Registering a GitHub App from a manifest". */
export function appManifest({ name, homepage, webhookUrl, redirectUrl }: AppWish) {
  return {
    name,
    url: homepage,
    description: 'Upgrades AKS clusters inside their maintenance windows and tells it in issues.',
    public: false,
    hook_attributes: { url: webhookUrl, active: true },
    redirect_url: redirectUrl,
    default_permissions: Object.fromEntries(appPermissions.map(({ name: permission, access }) => [permission, access])),
    default_events: appEvents.map(({ name: event }) => event),
  };
}
