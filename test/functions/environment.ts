/** Settings good enough to register everything; nothing is reached with them. */
export const environment: Readonly<Record<string, string>> = {
  GITHUB_WEBHOOK_SECRETS: '0123456789abcdef',
  GITHUB_TOKEN: 'token',
  GITHUB_APP_LOGIN: 'slackwater[bot]',
  POLICY_REPOSITORY: 'acme/platform',
  ServiceBusConnection: 'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=local;SharedAccessKey=opens-nothing;UseDevelopmentEmulator=true',
};
