// Of its own, because a package loaded whole at run time brings everything it exports: here the administration of a namespace.
export { ServiceBusClient } from '@azure/service-bus';
