/**
 * A value this app wrote itself and reads back: an activity's output, an orchestration's input, an event's payload, a
 * published status. The task hub keeps it as JSON and hands it over untyped; the contracts gave it its type when it was
 * written. The only cast of the house: never use it on what a person, Azure, Kubernetes or GitHub sent.
 */
export function recorded<T>(value: unknown): T {
  return value as T;
}
