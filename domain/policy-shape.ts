import { verbs } from './command-grammar.ts';
import { debtsShape } from './debts-shape.ts';
import type { FieldShape } from './field-shape.ts';
import { verifyShape } from './verify-shape.ts';
import { repositoryFields } from './write-back-shape.ts';
import { windowShape } from './window-shape.ts';

const upgradeSettings = {
  kind: 'object',
  description: 'AKS upgrade settings; what is left out stays as the pool has it.',
  fields: {
    maxSurge: {
      presence: 'optional',
      shape: {
        kind: 'text',
        description: 'Extra nodes while a pool is upgraded: a count, or a share of the pool that rounds up.',
        pattern: '^(?:[1-9][0-9]{0,3}|(?:[1-9][0-9]?|100)%)$',
        form: 'a count from "1", or a share from 1% to 100%',
        wholeMinimum: 1,
      },
    },
    drainTimeoutInMinutes: {
      presence: 'optional',
      shape: { kind: 'whole', description: 'How long AKS waits for one node to empty.', unit: 'minutes', minimum: 5, maximum: 1440 },
    },
    nodeSoakDurationInMinutes: {
      presence: 'optional',
      shape: { kind: 'whole', description: 'Pause after a drained node, before it is re-imaged.', unit: 'minutes', minimum: 0, maximum: 30 },
    },
    undrainableNodeBehavior: {
      presence: 'optional',
      shape: {
        kind: 'word',
        description: 'What AKS does with a node that does not empty: Schedule stops the upgrade, Cordon quarantines the node and goes on.',
        oneOf: ['Schedule', 'Cordon'],
      },
    },
  },
} as const satisfies FieldShape;

const poolName = {
  kind: 'text',
  description: 'Name of a node pool.',
  pattern: '^[a-z][a-z0-9]{0,11}$',
  form: 'a node pool name: 1 to 12 small letters and digits, a letter first',
} as const satisfies FieldShape;

const pauseOrSkip = {
  kind: 'word',
  description: 'pause: wait for a person until the window ends. skip: leave this pool and go on.',
  oneOf: ['pause', 'skip'],
} as const satisfies FieldShape;

const nodePools = {
  kind: 'object',
  description: 'Order and upgrade settings of the node pools.',
  fields: {
    order: {
      presence: 'optional',
      whenAbsent: [],
      shape: { kind: 'list', description: 'Pools in the order wanted; the others follow: system pools, user pools by name, spot last.', repeats: 'refused', items: poolName },
    },
    upgradeSettings: { presence: 'optional', whenAbsent: {}, shape: upgradeSettings },
    overrides: {
      presence: 'optional',
      whenAbsent: {},
      shape: { kind: 'named', description: 'Upgrade settings of single pools, by name.', namePattern: poolName.pattern, nameForm: poolName.form, values: upgradeSettings },
    },
    surgeFallback: {
      presence: 'optional',
      whenAbsent: 'withhold',
      shape: {
        kind: 'word',
        description: 'Where addresses, quota, outbound ports or the scale set hold fewer surge nodes than wanted. withhold: the pool waits. reduce: it is upgraded with as many as fit, and its setting is restored afterwards.',
        oneOf: ['withhold', 'reduce'],
      },
    },
  },
} as const satisfies FieldShape;

const team = {
  kind: 'text',
  description: 'A GitHub team.',
  pattern: '^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
  form: 'owner/team, for example acme/platform',
} as const satisfies FieldShape;

const conduct = {
  onFinding: {
    presence: 'optional',
    whenAbsent: {},
    shape: {
      kind: 'object',
      description: 'What to do about a preflight finding that blocks single pools.',
      fields: {
        action: {
          presence: 'optional',
          whenAbsent: 'withhold',
          shape: {
            kind: 'word',
            description:
              'withhold: the pool waits until the finding is gone. warn: it is upgraded all the same. Findings of the whole run, and losses nobody acknowledged, withhold in either case.',
            oneOf: ['withhold', 'warn'],
          },
        },
      },
    },
  },
  onBlocked: {
    presence: 'optional',
    whenAbsent: {},
    shape: {
      kind: 'object',
      description: 'What to do when a drain is blocked.',
      fields: {
        graceMinutes: {
          presence: 'optional',
          whenAbsent: 10,
          shape: { kind: 'whole', description: 'How long an eviction may be refused before it counts as blocked.', unit: 'minutes', minimum: 0, maximum: 1440 },
        },
        action: { presence: 'optional', whenAbsent: 'pause', shape: pauseOrSkip },
      },
    },
  },
  onQuarantined: {
    presence: 'optional',
    whenAbsent: {},
    shape: {
      kind: 'object',
      description: 'What to do when AKS quarantines nodes.',
      fields: {
        continueUpToNodes: {
          presence: 'optional',
          whenAbsent: 0,
          shape: { kind: 'whole', description: 'Quarantined nodes of one pool up to which the run goes on.', unit: 'nodes', minimum: 0, maximum: 1000 },
        },
        action: { presence: 'optional', whenAbsent: 'pause', shape: pauseOrSkip },
      },
    },
  },
  onWindowEnd: {
    presence: 'optional',
    whenAbsent: 'finishInFlight',
    shape: { kind: 'word', description: 'finishInFlight: what runs is finished, nothing new is started.', oneOf: ['finishInFlight'] },
  },
  approvals: {
    presence: 'optional',
    whenAbsent: {},
    shape: {
      kind: 'object',
      description: 'Who must agree before a plan is carried out.',
      fields: {
        required: {
          presence: 'optional',
          whenAbsent: 0,
          shape: { kind: 'whole', description: 'People who must approve the plan of an opening before it is carried out. Who asked for the run cannot approve alone.', unit: 'approvals', minimum: 0, maximum: 6 },
        },
        teams: {
          presence: 'optional',
          whenAbsent: [],
          shape: {
            kind: 'list',
            description: 'Teams whose members may approve.',
            repeats: 'refused',
            items: team,
          },
        },
      },
    },
  },
  commands: {
    presence: 'optional',
    whenAbsent: {},
    shape: {
      kind: 'named',
      description: 'Teams whose members alone may give a command, by verb; the permission it needs is needed all the same.',
      namePattern: `^(?:${verbs.join('|')})$`,
      nameForm: `a command: ${verbs.join(', ')}`,
      values: { kind: 'list', description: 'Teams, one of which is enough.', repeats: 'refused', items: team },
    },
  },
} as const;

const report = {
  kind: 'object',
  description: 'Where a run is told.',
  fields: {
    ...repositoryFields,
    repository: {
      presence: 'optional',
      shape: {
        kind: 'text',
        description: "GitHub repository of the run's issue; left out: the repository of this policy.",
        pattern: '^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$',
        form: 'owner/name, for example acme/platform',
      },
    },
    labels: {
      presence: 'optional',
      whenAbsent: [],
      shape: {
        kind: 'list',
        description: "Labels of the run's issue.",
        repeats: 'refused',
        items: { kind: 'text', description: 'A label.', pattern: '^[^\\s,](?:[^,]{0,48}[^\\s,])?$', form: 'a label of 1 to 50 characters without a comma' },
      },
    },
    onCall: {
      presence: 'optional',
      shape: {
        kind: 'text',
        description: 'Mentioned when a person is needed; left out: nobody.',
        pattern: '^@[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$',
        form: 'a user or team in quotes, for example "@acme/on-call"',
      },
    },
    upgradePullRequests: {
      presence: 'optional',
      whenAbsent: 'perCluster',
      shape: {
        kind: 'word',
        description:
          'Pull requests that raise target.kubernetesVersion when AKS offers more or support ends. perCluster: one for this policy. grouped: one for all policies of the repository that say so. off: none.',
        oneOf: ['perCluster', 'grouped', 'off'],
      },
    },
    escalation: {
      presence: 'optional',
      whenAbsent: [],
      shape: {
        kind: 'list',
        description: 'Who else is mentioned when a pause stays: each step once a pause.',
        repeats: 'refused',
        items: {
          kind: 'object',
          description: 'One step.',
          fields: {
            afterMinutes: { presence: 'required', shape: { kind: 'whole', description: 'Age of the pause.', unit: 'minutes', minimum: 5, maximum: 1440 } },
            mention: {
              presence: 'required',
              shape: {
                kind: 'text',
                description: 'A GitHub user or team.',
                pattern: '^@[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$',
                form: 'a user or team in quotes, for example "@acme/platform-leads"',
              },
            },
          },
        },
      },
    },
  },
} as const satisfies FieldShape;

const spec = {
  kind: 'object',
  description: 'Which cluster, what it shall run, when and how.',
  fields: {
    cluster: {
      presence: 'required',
      shape: {
        kind: 'object',
        description: 'The AKS cluster.',
        fields: {
          resourceId: {
            presence: 'required',
            shape: {
              kind: 'text',
              description: 'Azure resource id of the cluster.',
              // Azure compares resource ids without regard to case, and some of its answers are in small letters.
              pattern:
                '^/[sS]ubscriptions/[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}/[rR]esource[gG]roups/[^/\\s]{1,90}' +
                '/[pP]roviders/[mM]icrosoft\\.[cC]ontainer[sS]ervice/[mM]anaged[cC]lusters/[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$',
              form: '/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.ContainerService/managedClusters/<name>, as `az aks show --query id` prints it',
            },
          },
        },
      },
    },
    target: {
      presence: 'required',
      shape: {
        kind: 'object',
        description: 'What the cluster shall run.',
        fields: {
          kubernetesVersion: {
            presence: 'optional',
            shape: {
              kind: 'text',
              description: 'A minor ("1.35") follows its newest offered patch, a full version ("1.35.3") pins; left out: Kubernetes stays as it is.',
              pattern: '^1\\.(?:0|[1-9][0-9]{0,2})(?:\\.(?:0|[1-9][0-9]{0,2}))?$',
              form: 'a minor or a full version in quotes, for example "1.35" or "1.35.3"',
            },
          },
          nodeImage: {
            presence: 'optional',
            whenAbsent: 'latest',
            shape: { kind: 'word', description: 'latest: the newest image AKS offers. keep: only what a Kubernetes upgrade brings.', oneOf: ['latest', 'keep'] },
          },
        },
      },
    },
    window: { presence: 'required', shape: windowShape },
    nodePools: { presence: 'optional', whenAbsent: {}, shape: nodePools },
    ...conduct,
    kubernetesApi: {
      presence: 'optional',
      whenAbsent: 'required',
      shape: {
        kind: 'word',
        description:
          'What a run does while the Kubernetes API cannot be read. required: it waits, and starts nothing. optional: it goes by Azure Resource Manager alone; drains are not judged and nodes not counted, and the report says so.',
        oneOf: ['required', 'optional'],
      },
    },
    verify: { presence: 'optional', shape: verifyShape },
    report: { presence: 'optional', whenAbsent: {}, shape: report },
    debts: { presence: 'optional', whenAbsent: {}, shape: debtsShape },
  },
} as const satisfies FieldShape;

/** The policy file, field by field: the one place where a field is added, bounded or described. */
export const policyShape = {
  kind: 'object',
  description: 'A Slackwater maintenance policy: when and how one AKS cluster is upgraded.',
  fields: {
    apiVersion: {
      presence: 'required',
      shape: { kind: 'word', description: 'Version of this format.', oneOf: ['slackwater.dev/v1alpha1'] },
    },
    kind: { presence: 'required', shape: { kind: 'word', description: 'What the document is.', oneOf: ['MaintenancePolicy'] } },
    metadata: {
      presence: 'required',
      shape: {
        kind: 'object',
        description: 'What the policy is called.',
        fields: {
          name: {
            presence: 'required',
            shape: {
              kind: 'text',
              description: 'Name of the policy.',
              pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$',
              form: 'up to 63 small letters, digits and hyphens, for example shop-prod-weu',
            },
          },
        },
      },
    },
    spec: { presence: 'required', shape: spec },
  },
} as const satisfies FieldShape;
