/** The operations of the client; a test holds them against the schema. */
export const searchQuery = `query Search($input: SearchInput!, $explain: Boolean!) {
  search(input: $input) {
    executionId executedAt retrieverId retrieverVersion fusion contextLevel weightVersion seed facets warnings
    hits {
      position documentId score content metadata
      features @include(if: $explain) { featureUri rank score normalizedScore weight contribution }
    }
  }
}`;

export const trackMutation = `mutation Track($interactions: [RecordInteractionInput!]!) {
  recordInteractions(input: { interactions: $interactions }) {
    ... on RecordInteractionsPayload { accepted duplicates rejected { index code message } }
    ... on Error { code message path }
  }
}`;

export const watchSubscription = `subscription Watch($retrieverId: ID!, $userId: String, $segment: String, $after: String) {
  learnedWeights(retrieverId: $retrieverId, userId: $userId, segment: $segment, after: $after) {
    version contextLevel interactions updatedAt
    weights { featureUri weight mean low high probabilityBest }
  }
}`;
