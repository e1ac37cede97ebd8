// Of its own, because a package loaded whole at run time brings everything it exports: here the means to resume every operation it knows.
export { ContainerServiceClient } from '@azure/arm-containerservice';
