// Of their own, because a package loaded whole at run time brings everything it exports: here the means to resume every operation it knows.
export { ComputeManagementClient } from '@azure/arm-compute';
export { NetworkManagementClient } from '@azure/arm-network';
