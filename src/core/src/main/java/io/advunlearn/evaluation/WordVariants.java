package io.advunlearn.evaluation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The ways to write any word that a reader still understands and a tokenizer takes apart differently. */
final class WordVariants {

    private static final Map<Character, Character> LEET = Map.of('a', '4', 'e', '3', 'i', '1', 'o', '0', 's', '5', 't', '7');
    private static final Map<Character, Character> CYRILLIC = Map.of('a', '\u0430', 'c', '\u0441', 'e', '\u0435', 'o', '\u043e', 'p', '\u0440',
            'x', '\u0445', 'y', '\u0443');
    private static final Map<Character, Character> ACCENTS = Map.of('a', '\u00e1', 'e', '\u00e9', 'i', '\u00ed', 'o', '\u00f3', 'u', '\u00fa',
            'c', '\u00e7', 'n', '\u00f1');

    private WordVariants() {
    }

    /** All variants, kind by kind. */
    static List<Paraphrase> of(String word) {
        List<Paraphrase> variants = new ArrayList<>();
        add(variants, "plural", plural(word));
        add(variants, "case", word.toUpperCase(Locale.ROOT), Character.toUpperCase(word.charAt(0)) + word.substring(1));
        add(variants, "repetition", word + " " + word, word + word, word + ", " + word + ", " + word);
        add(variants, "spacing", word.replaceAll("(?<=\\w)(?=\\w)", " "), word.replaceAll("(?<=\\w)(?=\\w)", "."),
                word.replaceAll("(?<=\\w)(?=\\w)", "-"));
        substitutions(variants, "leetspeak", word, LEET);
        substitutions(variants, "homoglyph", word, CYRILLIC);
        substitutions(variants, "accent", word, ACCENTS);
        for (int i = 1; i < word.length(); i++) {
            misspell(variants, word, i);
        }
        variants.removeIf(variant -> variant.text().isBlank() || variant.text().equals(word));
        return variants;
    }

    /** At letter {@code i}: swapped with the one before, left out, doubled, and the word split before it. */
    private static void misspell(List<Paraphrase> variants, String word, int i) {
        String before = word.substring(0, i);
        String after = word.substring(i);
        if (word.charAt(i) == ' ' || word.charAt(i - 1) == ' ') {
            add(variants, "splitting", before.strip() + after.strip());
            return;
        }
        add(variants, "misspelling", before.substring(0, i - 1) + word.charAt(i) + word.charAt(i - 1) + after.substring(1),
                before + after.substring(1), before + word.charAt(i) + after);
        add(variants, "splitting", before + " " + after, before + "-" + after);
    }

    private static void substitutions(List<Paraphrase> variants, String kind, String word, Map<Character, Character> letters) {
        StringBuilder all = new StringBuilder(word);
        for (int i = 0; i < word.length(); i++) {
            Character other = letters.get(Character.toLowerCase(word.charAt(i)));
            if (other != null) {
                all.setCharAt(i, other);
                add(variants, kind, word.substring(0, i) + other + word.substring(i + 1));
            }
        }
        add(variants, kind, all.toString());
    }

    private static String plural(String word) {
        if (word.matches(".*(s|x|z|ch|sh)")) {
            return word + "es";
        }
        return word.matches(".*[^aeiou]y") ? word.substring(0, word.length() - 1) + "ies" : word + "s";
    }

    private static void add(List<Paraphrase> variants, String kind, String... texts) {
        for (String text : texts) {
            variants.add(new Paraphrase(kind, text));
        }
    }
}
