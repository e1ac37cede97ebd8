import type { RingMember } from './azure-facts.ts';
import { formatBothDated } from './local-time.ts';
import type { Finding } from './preflight-report.ts';
import type { PreflightCheck, PreflightView } from './preflight-view.ts';

/** What the fleet's order asks first: earlier rings proven, the partner region whole, no image that nobody ran before. */
export const checkFleet: PreflightCheck = (view) => {
  const fleet = view.snapshot.azureFacts.fleet;
  if (fleet === null) return [];
  const rings = fleet.earlierRings.flatMap((ring) => {
    const why = whyUnproven(view, ring);
    return why === null ? [] : [fleetFinding('BAKE_FAILED', ring.cluster, `${ring.cluster} goes first and ${why}; this cluster waits.`, `Let ${ring.cluster} stand its time without an alert, then look again.`, { ...ring })];
  });
  const { partner } = fleet;
  const partners =
    partner === null || partner.isHealthy
      ? []
      : [fleetFinding('PARTNER_NOT_HEALTHY', partner.cluster, `The partner ${partner.cluster} is not whole (${partner.state}); both must never be down together.`, `Bring ${partner.cluster} to an end with every node new and Ready first.`, { state: partner.state })];
  return [...rings, ...partners, ...untestedImages(view)];
};

function whyUnproven({ snapshot, policy }: PreflightView, ring: RingMember): string | null {
  const zone = policy?.window.timeZone ?? 'UTC';
  const [alert] = ring.alerts;
  if (alert !== undefined) return `has alarmed since ${formatBothDated(alert.since, zone)} (${alert.name})`;
  if (!ring.isUpgraded) return 'has not been upgraded';
  if (ring.bakesUntil !== null && ring.bakesUntil > snapshot.takenAt) return `is watched until ${formatBothDated(ring.bakesUntil, zone)}`;
  return null;
}

function untestedImages({ snapshot, plan }: PreflightView): readonly Finding[] {
  const rings = snapshot.azureFacts.fleet?.earlierRings ?? [];
  const tested = rings.flatMap(({ nodeImages }) => nodeImages ?? []);
  if (tested.length === 0) return [];
  const dates = new Set(tested.map(releaseOf));
  const wanted = (plan?.units ?? []).flatMap(({ to }) => (to.nodeImageVersion === null ? [] : [to.nodeImageVersion]));
  const untested = [...new Set(wanted.filter((image) => !dates.has(releaseOf(image))))];
  if (untested.length === 0) return [];
  const ran = [...new Set(tested)].join(', ');
  return [fleetFinding('UNTESTED_IMAGE', 'cluster', `No earlier ring ran ${untested.join(', ')}; they ran ${ran}.`, 'Let the first ring take this image, or pin the one it ran.', { untested, tested })];
}

/** The release in an image's name, which is the same for every operating system: `202610.06.0`. */
function releaseOf(image: string): string {
  return /\d{6}\.\d{2}\.\d+$/.exec(image)?.[0] ?? image;
}

function fleetFinding(code: string, where: string, message: string, remedy: string, evidence: Finding['evidence']): Finding {
  return { code, where, severity: 'block', pools: ['*'], message, remedy, owner: null, evidence };
}
