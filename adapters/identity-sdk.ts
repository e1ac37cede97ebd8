// Of its own, because a package loaded whole at run time brings everything it exports: here every way to sign in there is.
export { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
