/** Whether the host of a URL is this machine itself: `localhost`, 127.0.0.0/8 or `::1`. */
export function isLoopback(url: URL): boolean {
  const host = url.hostname;
  return host === 'localhost' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/**
 * The URL of a service, checked: https anywhere, http on loopback only, and only when the caller allows it.
 *
 * Throws an `Error` that says so; it is called where the app is composed, before anything is sent.
 */
export function requireSafeEndpoint(endpoint: string, allowInsecureConnection: 'never' | 'loopback-only'): URL {
  const url = new URL(endpoint);
  if (url.protocol === 'https:') return url;
  if (url.protocol === 'http:' && allowInsecureConnection === 'loopback-only' && isLoopback(url)) return url;
  throw new Error(`The endpoint ${url.origin} is not safe: use https, or http on loopback for local servers.`);
}
