package io.advunlearn.evaluation;

/**
 * A phrase that stands where a concept's word stood.
 *
 * @param kind how it was made, for example {@code synonym} or {@code misspelling}
 * @param text the phrase, without an article
 */
record Paraphrase(String kind, String text) {
}
