/* SPDX-License-Identifier: MIT */
/* train.h - teaches a model classes of your own. The features of its early layers stay
 * (nn_net_embedding() of nn.h); a new top, the head, learns the new classes from the features of
 * pictures; what comes out is an ordinary .tflite file.
 *
 * Batch normalisation is part of the weights in a .tflite file, so that its statistics cannot drift
 * while a model is taught.
 *
 * An NnHead is immutable; all functions may be called from any thread. The same samples in the same
 * order and the same options give the same head. */
#ifndef NN_TRAIN_H
#define NN_TRAIN_H

#include "nn.h"

G_BEGIN_DECLS

/* Features of pictures whose class is known. */
typedef struct {
    int n;
    const float *x; /* n rows of nn_model_embedding_size() */
    const int *y;   /* the class of each row, 0...n_classes - 1 */
} NnSamples;

typedef enum {
    NN_HEAD_AUTO,    /* imprint if no class has more than one row, else softmax */
    NN_HEAD_SOFTMAX, /* multinomial logistic regression with L2, by L-BFGS */
    NN_HEAD_IMPRINT, /* a class's weights are the mean of its features, all of length one (Qi,
                        Brown, Lowe 2018): answers after one picture, needs no training */
} NnHeadMethod;

typedef struct {
    NnHeadMethod method;
    double strength; /* of the data against the L2 penalty: C of  C sum CE + |w|^2/2  on features
                      * of mean square length one; 0 = chosen by the held-out pictures */
    bool balance;    /* rare classes count as much as frequent ones */
    double unknown;  /* adds a class "unknown", told by the distance to the nearest class mean,
                      * that at most about this share of known pictures fall into; 0 = without.
                      * Needs at least two pictures of some class to know how far is far */
    bool (*progress)(void *data, double done); /* done 0...1; false: stop, keep the best so far */
    void *data;
} NnHeadOptions;

#define NN_HEAD_OPTIONS_INIT                                                                       \
    {                                                                                              \
        .method = NN_HEAD_AUTO, .balance = true, .unknown = 0.05                                   \
    }

typedef struct NnHead NnHead;

/* Trains a head on the features of train. held_out (NULL or n 0: none) chooses the strength, and
 * calibrates the temperature (Guo et al. 2017) and the class "unknown": the class means' distances
 * are measured with variances pooled over classes (Lee et al. 2018, diagonal and shrunk). options
 * NULL = defaults. Keeps a reference to model. NULL and NN_ERROR_ARGUMENT: a model without
 * features, fewer than two classes, a class without pictures, features that are not finite. */
NnHead *nn_head_new(NnModel *model, int n_classes, const NnSamples *train,
                    const NnSamples *held_out, const NnHeadOptions *options, GError **error);
void nn_head_free(NnHead *head); /* NULL is fine */

/* Fine-tuning: stochastic gradient descent with momentum through the last blocks of a float32
 * model, with cosine decay of the rate, the head's rate thirty times the blocks', and weight decay
 * on weights, not on biases. 8 bit models have no steps small enough for it and are refused: teach
 * the float32 model. */
typedef struct {
    int blocks; /* so many; see nn_model_block_input_size() */
    int epochs;
    double rate; /* of the blocks, at the start */
    double decay;
    uint32_t seed; /* of the order of pictures */
    /* After each epoch (0: before the first): mean loss on train, accuracy on held-out pictures.
     * False: stop; the best so far is kept. */
    bool (*progress)(void *data, int epoch, double loss, double accuracy);
    bool (*step)(void *data, double done); /* after each batch, done 0...1 of all; false: stop */
    void *data;
} NnTuneOptions;

#define NN_TUNE_OPTIONS_INIT                                                                       \
    {                                                                                              \
        .blocks = 1, .epochs = 10, .rate = 0.003, .decay = 1e-4, .seed = 1                         \
    }

/* Goes on from a head that was trained on features. The rows of train and held_out are here what
 * enters the blocks: nn_model_block_input_size() values, from a net with keep_blocks. Of the
 * epochs that name as many held-out pictures right as the head does, the one with the best held-out
 * likelihood, temperature calibrated, wins (without held-out pictures: the last that was finished);
 * it may be epoch 0, the head itself.
 * options are for the calibration that follows. NULL and NN_ERROR_UNSUPPORTED, which names the
 * operator, where there is no way back through it; NN_ERROR_ARGUMENT. */
NnHead *nn_head_tune(const NnHead *start, const NnSamples *train, const NnSamples *held_out,
                     const NnHeadOptions *options, const NnTuneOptions *tune, GError **error);

/* Features as a fine-tuned head wants them, from what enters its blocks. Not from two threads at a
 * time on one head. */
void nn_head_tuned_features(NnHead *head, const float *in, float *features);

/* What became of it. */
typedef struct {
    NnHeadMethod method; /* never AUTO */
    int n_classes;       /* without "unknown" */
    bool has_unknown;
    bool is_tuned;      /* by nn_head_tune() */
    double strength;    /* chosen; 0 with imprinting */
    double temperature; /* logits were divided by it; it is part of the weights */
    double far;         /* the mean square distance per feature at which "unknown" wins */
} NnHeadInfo;

void nn_head_info(const NnHead *head, NnHeadInfo *info);

/* Probabilities for the features of one picture: n_classes of them, and that of "unknown" behind
 * them if there is one. distance (may be NULL): to the nearest class mean, in units of far. */
void nn_head_scores(const NnHead *head, const float *x, float *scores, double *distance);

/* The model's file with the head in the place of its top. What is not the top is carried over as
 * it is: operators, weights, names. 8 bit models get an int8 head with a scale per class, and keep
 * the types of input and output; the ranges in it are those of the samples that the head was
 * trained with. labels: one for each class; "unknown" is added. description goes into the metadata
 * besides labels, normalisation and the model's own texts; mean and std as in NnOptions. The result
 * has been loaded once to be sure. NULL and error (NN_ERROR) if it cannot be. */
GBytes *nn_head_export(const NnHead *head, const char *const *labels, const char *name,
                       const char *description, float mean, float std, GError **error);

/* SHA-256 of a model's file, in hexadecimal digits: what features may be kept under. g_free() it.
 */
char *nn_model_digest(const NnModel *model);

G_END_DECLS

#endif
