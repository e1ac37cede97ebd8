param location string
param tags object
param token string
param addressPrefix string

resource egress 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: 'pip-slackwater-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    publicIPAllocationMethod: 'Static'
    publicIPAddressVersion: 'IPv4'
  }
}

@description('Every call leaves from one address, which authorized IP ranges of clusters can name.')
resource gateway 'Microsoft.Network/natGateways@2024-05-01' = {
  name: 'ng-slackwater-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    publicIpAddresses: [{ id: egress.id }]
  }
}

resource virtualNetwork 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-slackwater-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          natGateway: { id: gateway.id }
          // Flex Consumption's delegation, not the one of older plans.
          delegations: [{ name: 'app', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: cidrSubnet(addressPrefix, 26, 1) }
      }
    ]
  }
}

output virtualNetworkId string = virtualNetwork.id
output appSubnetId string = virtualNetwork.properties.subnets[0].id
output endpointSubnetId string = virtualNetwork.properties.subnets[1].id
output egressAddress string = egress.properties.ipAddress
