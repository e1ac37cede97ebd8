param location string
param tags object
param token string
@allowed(['scheduler', 'storage'])
param durableBackend string
param virtualNetworkId string
param subnetId string
param storageAccountId string
param vaultId string
@description('Blank with the storage backend.')
param schedulerId string

var storageParts = durableBackend == 'storage' ? ['blob', 'queue', 'table'] : ['blob']
var targets = concat(
  map(storageParts, part => {
    name: part
    targetId: storageAccountId
    zone: 'privatelink.${part}.${environment().suffixes.storage}'
  }),
  [
    {
      name: 'vault'
      targetId: vaultId
      zone: 'privatelink.vaultcore.azure.net'
    }
  ],
  durableBackend == 'storage'
    ? []
    : [
        {
          name: 'scheduler'
          targetId: schedulerId
          zone: 'privatelink.durabletask.io'
        }
      ]
)

resource zones 'Microsoft.Network/privateDnsZones@2020-06-01' = [for target in targets: {
  name: target.zone
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [for (target, index) in targets: {
  parent: zones[index]
  name: 'link-${target.name}'
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: virtualNetworkId }
  }
}]

resource endpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [for target in targets: {
  name: 'pe-${target.name}-${token}'
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: target.name
        properties: {
          privateLinkServiceId: target.targetId
          groupIds: [target.name]
        }
      }
    ]
  }
}]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [for (target, index) in targets: {
  parent: endpoints[index]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [{ name: target.name, properties: { privateDnsZoneId: zones[index].id } }]
  }
}]
