import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { announceDeployment, endDeployment, lookAtDeployment } from '../activities/order-deployment.ts';
import type { DeploymentLook } from '../activities/order-deployment.ts';
import type { Ports } from '../activities/ports.ts';
import { readDeploymentRequest } from '../domain/deployment-order.ts';
import { parseJson } from '../domain/json.ts';
import { formatInstant } from '../domain/local-time.ts';
import { answerJson, refuseJson } from './http-answer.ts';

/** Larger than any request that means something. Unit: UTF-16 code units. */
const bodyCharactersMax = 10_000;

/**
 * What is at work (GET), that no unit is to start for the next minutes (POST `{ "minutes", "reason", "by"? }`), that units may start again (DELETE).
 *
 * 200 with what is at work and the order that holds · 400 `request-faulty` with every fault · 503 when the state branch or the task hub is
 * out of reach; nothing is announced then. May be repeated.
 */
export async function receiveDeployment(ports: Pick<Ports, 'clock' | 'logger' | 'state' | 'windows'>, request: HttpRequest): Promise<HttpResponseInit> {
  if (request.method === 'POST') {
    const text = await request.text();
    const asked = readDeploymentRequest(text.length > bodyCharactersMax ? null : parseJson(text));
    if (!asked.ok) return answerJson(400, { code: 'request-faulty', message: 'The request is not understood; nothing was announced.', remedy: 'See the faults.', faults: asked.faults });
    return answer(await announceDeployment(ports, asked.value));
  }
  return answer(request.method === 'DELETE' ? await endDeployment(ports) : await lookAtDeployment(ports));
}

function answer(outcome: Awaited<ReturnType<typeof lookAtDeployment>>): HttpResponseInit {
  if (!outcome.ok) return refuseJson(503, outcome.failure, { 'retry-after': String(outcome.failure.retryAfterSeconds ?? 30) });
  const { order, runs, cleanUps } = outcome.value;
  const told = order === null ? null : { ...order, when: formatInstant(order.when), until: formatInstant(order.until) };
  return answerJson(200, { schema: 'slackwater.deployment/v1', order: told, ...momentOf(outcome.value), runs, cleanUps });
}

/** A deployment is safe at any moment; best is one at which nothing is at work, so that nobody is looked at late. */
function momentOf({ runs, cleanUps }: DeploymentLook): { readonly isGoodMoment: boolean; readonly message: string } {
  const atWork = [...runs.flatMap(({ clusterName, unitsAtWork }) => unitsAtWork.map((unit) => `${clusterName} ${unit}`)), ...cleanUps];
  if (atWork.length === 0) return { isGoodMoment: true, message: 'Nothing is at work.' };
  return { isGoodMoment: false, message: `At work: ${atWork.join(', ')}. Azure goes on with it meanwhile, and it is looked at again once the app is back.` };
}
