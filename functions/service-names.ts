/** Routes below `/api`, by function: the only list. GitHub, hooks and people are told them by infra and docs. */
export const routes = { githubWebhook: 'github/webhook', status: 'status', health: 'health', deployment: 'deployment' } as const;

/** Queue of what came in, and topic of what we tell: infra makes them under these names. */
export const serviceBusNames = { queue: 'inbox', topic: 'events' } as const;
