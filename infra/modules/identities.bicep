@description('Region.')
param location string
param tags object
@description('Part of every name, the same for one environment.')
param token string

@description('Runs the app and reads clusters.')
resource reader 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-slackwater-reader-${token}'
  location: location
  tags: tags
}

@description('Writes to clusters, and nothing else; not attached to the app in mode plan-only.')
resource writer 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-slackwater-writer-${token}'
  location: location
  tags: tags
}

output readerId string = reader.id
output readerClientId string = reader.properties.clientId
output readerPrincipalId string = reader.properties.principalId
output writerId string = writer.id
output writerClientId string = writer.properties.clientId
output writerPrincipalId string = writer.properties.principalId
