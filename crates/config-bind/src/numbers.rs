//! serde's integers, each with its methods and its words, for all who go through them.

macro_rules! integers {
    ($each:ident) => {
        $each! {
            deserialize_i8 visit_i8 "i8";
            deserialize_i16 visit_i16 "i16";
            deserialize_i32 visit_i32 "i32";
            deserialize_i64 visit_i64 "i64";
            deserialize_i128 visit_i128 "i128";
            deserialize_u8 visit_u8 "u8";
            deserialize_u16 visit_u16 "u16";
            deserialize_u32 visit_u32 "u32";
            deserialize_u64 visit_u64 "u64";
            deserialize_u128 visit_u128 "u128";
        }
    };
}
pub(crate) use integers;
