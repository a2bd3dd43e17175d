package io.advunlearn.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a CLIP tokenizer folder says.
 *
 * @param tokenizerJson the tokenizer in the HF tokenizers library's own format
 * @param maxLength ids a prompt, BOS and EOS included
 */
record ClipTokenizerFiles(String tokenizerJson, int maxLength, int vocabSize, int bosId, int eosId, int padId) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CLIP_LENGTH = 77;

    /** @param padding the token to pad with, {@code null} for the folder's own */
    static ClipTokenizerFiles read(Path directory, String padding) {
        Path whole = directory.resolve("tokenizer.json");
        JsonNode settings = settings(directory);
        JsonNode tokenizer = Files.exists(whole) ? json(whole) : null;
        JsonNode vocab = tokenizer == null ? json(directory.resolve("vocab.json")) : tokenizer.path("model").path("vocab");
        String bos = token(settings, "bos_token", "<|startoftext|>");
        String eos = token(settings, "eos_token", "<|endoftext|>");
        String pad = padding == null ? token(settings, "pad_token", eos) : padding;
        int bosId = id(directory, vocab, "bos_token", bos);
        int eosId = id(directory, vocab, "eos_token", eos);
        if (tokenizer == null) {
            String unknown = token(settings, "unk_token", eos);
            tokenizer = tokenizer(vocab, merges(directory.resolve("merges.txt")), List.of(bos, eos), List.of(bosId, eosId), unknown);
        }
        // files of 2022 write 10^30 for "unlimited"; the text encoder has 77 positions
        long length = settings.path("model_max_length").canConvertToInt() ? settings.path("model_max_length").intValue() : CLIP_LENGTH;
        if (length < 3 || length > 1024) {
            throw new IllegalArgumentException(directory.resolve("tokenizer_config.json") + ": model_max_length is " + length + "; accepted: 3 to 1024");
        }
        return new ClipTokenizerFiles(tokenizer.toString(), (int) length, vocab.size(), bosId, eosId, id(directory, vocab, "pad_token", pad));
    }

    /**
     * In folders older than the field {@code added_tokens_decoder} what the special tokens' own file says wins, as in transformers: the
     * tokenizers of Stable Diffusion 2 pad with "!" for that reason alone.
     */
    private static ObjectNode settings(Path directory) {
        ObjectNode settings = JSON.createObjectNode();
        Path config = directory.resolve("tokenizer_config.json");
        Path special = directory.resolve("special_tokens_map.json");
        if (Files.exists(config)) {
            json(config).properties().forEach(field -> settings.set(field.getKey(), field.getValue()));
        }
        if (Files.exists(special) && !settings.has("added_tokens_decoder")) {
            json(special).properties().forEach(field -> settings.set(field.getKey(), field.getValue()));
        }
        return settings;
    }

    /** The same steps as transformers' {@code CLIPConverter}. */
    private static ObjectNode tokenizer(JsonNode vocab, ArrayNode merges, List<String> special, List<Integer> ids, String unknown) {
        ObjectNode root = JSON.createObjectNode().put("version", "1.0").putNull("truncation");
        root.putNull("padding");
        ArrayNode added = root.putArray("added_tokens");
        for (int i = 0; i < special.size(); i++) {
            added.addObject().put("id", ids.get(i)).put("content", special.get(i)).put("single_word", false)
                    .put("lstrip", false).put("rstrip", false).put("normalized", true).put("special", true);
        }
        ArrayNode normalizers = root.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
        normalizers.addObject().put("type", "NFC");
        normalizers.addObject().put("type", "Replace").put("content", " ").putObject("pattern").put("Regex", "\\s+");
        normalizers.addObject().put("type", "Lowercase");
        ArrayNode splits = root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        splits.addObject().put("type", "Split").put("behavior", "Removed").put("invert", true)
                .putObject("pattern").put("Regex", "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+");
        splits.addObject().put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", true).put("use_regex", true);
        root.putNull("post_processor");
        root.putObject("decoder").put("type", "ByteLevel").put("add_prefix_space", true).put("trim_offsets", true).put("use_regex", true);
        ObjectNode model = root.putObject("model").put("type", "BPE").putNull("dropout");
        model.put("unk_token", unknown).put("continuing_subword_prefix", "").put("end_of_word_suffix", "</w>")
                .put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
        model.set("vocab", vocab);
        model.set("merges", merges);
        return root;
    }

    private static ArrayNode merges(Path file) {
        try {
            ArrayNode merges = JSON.createArrayNode();
            for (String line : Files.readAllLines(file)) {
                String[] pair = line.split(" ");
                if (!line.startsWith("#version") && pair.length == 2) {
                    merges.addArray().add(pair[0]).add(pair[1]);
                }
            }
            return merges;
        } catch (IOException e) {
            throw new IllegalArgumentException(file + ": cannot be read (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    private static JsonNode json(Path file) {
        try {
            return JSON.readTree(file.toFile());
        } catch (IOException e) {
            throw new IllegalArgumentException(file + ": cannot be read as JSON (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    /** A token is written as text or as an object with its content. */
    private static String token(JsonNode settings, String field, String fallback) {
        JsonNode node = settings.path(field);
        return node.isTextual() ? node.textValue() : node.path("content").asText(fallback);
    }

    private static int id(Path directory, JsonNode vocab, String field, String token) {
        JsonNode id = vocab.get(token);
        if (id == null || !id.canConvertToInt()) {
            throw new IllegalArgumentException(directory + ": the " + field + " " + token + " is not in the vocabulary");
        }
        return id.intValue();
    }
}
