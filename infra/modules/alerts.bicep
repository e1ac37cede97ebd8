param location string
param tags object
@description('Blank: alerts only show in the portal.')
param email string
param workspaceId string
param serviceBusNamespaceId string
param queueName string
@description('Whether the app has been told its GitHub App; before, it starts nothing and answers webhooks with 503, which nobody need be woken for.')
param isSetUp bool
@description('Leave it out. What went wrong before this deployment is no news after it.')
param deployedAt string = utcNow('yyyy-MM-ddTHH:mm:ssZ')

var actionGroups = empty(email) ? [] : [people.id]
var sinceDeployment = 'TimeGenerated > datetime(${deployedAt})'

// Every query gives one number, so that silence counts too. Requests are known by their route: the host's OpenTelemetry export names no function.
var rules = [
  {
    name: 'orchestration-failed'
    says: 'A Slackwater orchestration failed. Its run stands still until somebody looks: see the failures in the workbook.'
    severity: 1
    every: 'PT5M'
    looksBack: 'PT15M'
    query: 'AppTraces | where Message has "orchestration.failed" or (Message has "(Orchestrator)" and Message has "failed with an error") | summarize number = count()'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'run-over-budget'
    says: 'A run was still at work when its window closed. Azure lets the started pool finish; nothing more is started.'
    severity: 2
    every: 'PT5M'
    looksBack: 'PT15M'
    query: 'AppTraces | where Message has "event.told" and Message has "window.overrun" | summarize number = count()'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'webhook-5xx'
    says: 'The webhook answered GitHub with an error. GitHub does not repeat by itself; Slackwater asks it to, once it can.'
    severity: 2
    every: 'PT5M'
    looksBack: 'PT15M'
    query: 'AppRequests | where ${sinceDeployment} | where Url has "github/webhook" or Name has "github/webhook" | where toint(ResultCode) >= 500 | summarize number = count()'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'no-tick'
    says: 'For 30 minutes Slackwater has not looked at all windows without a fault: one or none of them opens. See the failures in the workbook.'
    severity: 1
    every: 'PT10M'
    looksBack: 'PT30M'
    query: 'AppTraces | where Message has "windows.looked" | summarize number = count() | extend number = iff(now() < datetime(${deployedAt}) + 40m, 1, number)'
    operator: 'LessThan'
    threshold: 1
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-slackwater'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'slackwater'
    enabled: true
    emailReceivers: [{ name: 'people', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'slackwater-dead-letters'
  location: 'global'
  tags: tags
  properties: {
    description: 'A message could not be handled and lies among the dead letters of the inbox.'
    severity: 2
    enabled: true
    scopes: [serviceBusNamespaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'dead-letters'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'DeadletteredMessages'
          dimensions: [{ name: 'EntityName', operator: 'Include', values: [queueName] }]
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [for id in actionGroups: { actionGroupId: id }]
  }
}

resource logAlerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: 'slackwater-${rule.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'slackwater-${rule.name}'
    description: rule.says
    severity: rule.severity
    enabled: isSetUp
    scopes: [workspaceId]
    // The tables of a new workspace are there once something has been written.
    skipQueryValidation: true
    evaluationFrequency: rule.every
    windowSize: rule.looksBack
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: rule.query
          metricMeasureColumn: 'number'
          timeAggregation: 'Total'
          operator: rule.operator
          threshold: rule.threshold
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: actionGroups }
  }
}]
