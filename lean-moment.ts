/**
 * Stands in for `moment` in the bundle, where only durable-functions asks for it: moments that are added to, compared and
 * turned into dates, and durations of a number or of a text as .NET and ISO 8601 write them. A hundredth of the original's size;
 * anything else it is asked for is a `TypeError`. A test holds it against the original.
 */
export const leanMoment = String.raw`
const units = { ms: 1, s: 1000 };
const days = 86400000;
function fromText(text) {
  const net = /^(-)?(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?$/.exec(text);
  if (net) return (net[1] ? -1 : 1) * ((net[2] || 0) * days + net[3] * 3600000 + net[4] * 60000 + (net[5] || 0) * 1000 + Math.round((net[6] || 0) * 1000));
  const iso = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (iso) return (iso[1] || 0) * 7 * days + (iso[2] || 0) * days + (iso[3] || 0) * 3600000 + (iso[4] || 0) * 60000 + Math.round((iso[5] || 0) * 1000);
  throw new TypeError('Not a duration this bundle reads: ' + text);
}
class Duration {
  constructor(milliseconds) { this.milliseconds = milliseconds; }
  valueOf() { return this.milliseconds; }
  toISOString() { return 'PT' + this.milliseconds / 1000 + 'S'; }
}
class Moment {
  constructor(at) { this.at = at; }
  valueOf() { return this.at; }
  add(duration) { this.at += duration.valueOf(); return this; }
  diff(other) { return this.at - other.valueOf(); }
  toDate() { return new Date(this.at); }
}
module.exports = (at) => new Moment(at.valueOf());
module.exports.duration = (value, unit) => {
  if (typeof value === 'string' && unit === undefined) return new Duration(fromText(value));
  const factor = units[unit || 'ms'];
  if (factor === undefined) throw new TypeError('Not a unit this bundle knows: ' + unit);
  return new Duration(Number(value) * factor);
};
`;
