// Of its own, because the package is CommonJS: loaded late by itself, it would have no names in the built app.
export { ServiceBusClient } from '@azure/service-bus';
